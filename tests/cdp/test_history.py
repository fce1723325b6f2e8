"""History means all of it: every field, what a row is linked to, and every act, whichever way it was done."""

from datetime import date

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.urls import reverse

from cdp.access import service_keys
from cdp.base.admin.modeladmin import LookOnly, TrackedAdmin
from cdp.base.database.sql import execute
from cdp.operations.guards import declared, our_models
from consents.models import AgeLimit, Controller
from consents.notices import publishing
from partners.agreements import lifecycle
from partners.agreements.lifecycle import NewTermLine
from profiles.identity import steward_decisions
from profiles.imports.run import runs
from profiles.ingestion.http import write_keys
from profiles.models import Attribute, Namespace, SharedIdentifier, WorkItem
from profiles.models.sources import Party
from segments.membership import definitions
from tests.builders import source, user
from tests.consents import building as consents
from tests.partners import building as partners
from tests.profiles.building import person
from tests.segments.building import DANES, destination, document, segment
from tests.some import each

pytestmark = pytest.mark.django_db

TRACKED = {table.model: table for table in declared() if table.kind == "reference"}


# --- The sweep ----------------------------------------------------------------------------------------------------


def test_every_many_to_many_relation_of_a_tracked_model_is_in_its_history():
    linked = {(label, link.name) for label, table in TRACKED.items() for link in table.of._meta.many_to_many}
    kept = {(label, link.name) for label, table in TRACKED.items() for link in table.history._history_m2m_fields}

    assert kept == linked
    assert linked == {
        ("cdp.User", "groups"),
        ("cdp.User", "user_permissions"),
        ("consents.CollectionPoint", "purposes"),
        ("consents.NoticeVersion", "purposes"),
        ("partners.AgreementVersion", "purposes"),
    }


#: Rows that a person changes and that have no history of their own, and where what they did is told.
TOLD_ELSEWHERE = {
    "profiles.WorkItem": "A queue: who took and closed an item stands in the log; what was decided is evidence.",
    "profiles.FileImport": "Goes by steps that its table holds; its page tells them, and who began it.",
    "consents.Suppression": "Written once and lifted once: its page tells the history of its address.",
}


def test_whatever_a_person_edits_is_tracked_or_named_with_a_reason():
    edited = {model._meta.label for model, page in admin.site._registry.items() if not isinstance(page, LookOnly)}

    assert edited - TRACKED.keys() == TOLD_ELSEWHERE.keys()


def test_every_tracked_model_has_a_page_with_its_history():
    tracked = {model._meta.label for model in our_models() if hasattr(model, "history") and hasattr(model, "_tracked")}
    paged = {model._meta.label for model, page in admin.site._registry.items() if isinstance(page, TrackedAdmin)}

    assert tracked - {"consents.ConsentRecord"} == TRACKED.keys() == paged == ACTS.keys()


# --- Every act is on the page -------------------------------------------------------------------------------------


def users(client):
    row = user()
    yield row
    row.groups.set(Group.objects.filter(name__in=["Steward", "Marketer"]))
    yield row
    Group.objects.get(name="Auditor").user_set.add(row)
    yield row
    row.user_permissions.add(Permission.objects.get(codename="view_profile"))
    yield row
    row.is_active = False
    row.save()
    yield row
    for name in ("end_sessions", "reset_second_factor"):
        client.post(reverse("admin:cdp_user_changelist"), {"action": name, "_selected_action": [row.pk]})
        yield row


def keys_of_services(client):
    row, _text = service_keys.issue(name="till", scopes=["profiles:read"])
    yield row
    service_keys.revoke(row)
    yield row


def keys_of_sources(client):
    row, _text = write_keys.make(source=source())
    yield row
    write_keys.revoke(row)
    yield row


def age_limits(client):
    row = AgeLimit.objects.create(country="DE", years=16, valid_from=date(2018, 5, 25), reason="Art. 8")
    yield row
    yield publishing.confirm_age_limit(row, by=user())


def points(client):
    row = consents.point(consents.purpose("newsletter"))
    yield row
    row.purposes.add(consents.purpose("calls"))
    yield row
    row.purposes.clear()
    yield row


def notices(client):
    newsletter, calls = consents.purpose("newsletter"), consents.purpose("calls")
    published = consents.notice(newsletter)
    draft = publishing.new_notice_version(published, by=user())
    yield draft
    draft.purposes.add(calls.versions.get())
    yield draft
    draft.text = "Yes, thank you."
    draft.save()
    yield draft
    yield publishing.publish_notice(draft, by=user())


def purposes(client):
    row = consents.purpose("newsletter")
    yield row
    row.active = False
    row.save()
    yield row


def versions_of_purposes(client):
    row = publishing.new_purpose_version(consents.purpose("newsletter"), by=user(), valid_months=6)
    yield row
    yield publishing.publish_purpose_version(row, by=user())


def versions_of_agreements(client):
    row = partners.drafted()
    yield row
    for change in (
        {"lines": [NewTermLine("country", partners.purpose(), max_rows=7)]},
        {"purposes": [partners.purpose(), partners.purpose("statistics")]},
        {"retention_days": 30},
    ):
        yield lifecycle.revise(row, by=row.author, **change)
    yield lifecycle.propose(row, by=row.author)
    yield lifecycle.send_back(row, by=user(), reason="unclear")
    row = partners.approve_twice(lifecycle.propose(row, by=row.author))
    yield lifecycle.activate(row, by=user(superuser=True))
    lifecycle.terminate(row.agreement, by=user(), reason="over")
    yield row


def agreements(client):
    row = partners.agreement().agreement
    boss = user(superuser=True)
    yield row
    yield lifecycle.suspend(row, by=boss, reason="look")
    yield lifecycle.resume(row, by=boss, reason="fine")
    yield lifecycle.terminate(row, by=boss, reason="over")


def partner_companies(client):
    row = partners.partner()
    yield row
    row.status = "suspended"
    row.save()
    yield row


def shared_identifiers(client):
    for number in range(4):
        person(email="shop@example.dk", first_name=f"Name{number}", birth_date=f"19{70 + number}-01-01")
    row = SharedIdentifier.objects.get(namespace__code="email")
    yield row
    yield steward_decisions.judge(shared=row, verdict="blocked", reason="a shop", by=user())


def mappings(client):
    spec = {"external_id": "no", "identifiers": {"email": "mail"}}
    yield runs.remember_mapping(source=source(), name="crm", rows="customers", spec=spec)
    spec = spec | {"traits": {"city": "town"}}
    yield runs.remember_mapping(source=source(), name="crm", rows="customers", spec=spec, reason="towns")


def segments(client):
    row = segment(DANES)
    yield row
    definitions.activate(row, document=document(DANES | {"value": "SE"}), reason="north", by=user())
    yield row
    definitions.describe(row, title="Swedes", refresh_minutes=60, by=user())
    row.refresh_from_db()
    yield row
    definitions.archive(row, reason="over", by=user())
    yield row


def edited(make, **change):
    """Of what is only ever edited in a form, which saves."""

    def acts(client):
        row = make()
        yield row
        for name, value in change.items():
            setattr(row, name, value)
        row.save()
        yield row

    return acts


ACTS = {
    "cdp.ServiceKey": keys_of_services,
    "cdp.User": users,
    "consents.AgeLimit": age_limits,
    "consents.CollectionPoint": points,
    "consents.Controller": edited(lambda: Controller.objects.create(key="brand", name="Brand"), name="Other"),
    "consents.NoticeVersion": notices,
    "consents.Purpose": purposes,
    "consents.PurposeVersion": versions_of_purposes,
    "partners.Agreement": agreements,
    "partners.AgreementVersion": versions_of_agreements,
    "partners.Partner": partner_companies,
    "profiles.Attribute": edited(
        lambda: Attribute.objects.create(code="hat", title="Hat", classification="open"), active=False
    ),
    "profiles.Mapping": mappings,
    "profiles.Namespace": edited(
        lambda: Namespace.objects.create(code="card", title="Card", role="linking", normaliser="number"), hub_limit=9
    ),
    "profiles.SharedIdentifier": shared_identifiers,
    "profiles.Source": edited(source, trust=70),
    "profiles.SourceKey": keys_of_sources,
    "segments.Destination": edited(lambda: destination(consents.purpose()), active=False),
    "segments.Segment": segments,
}


@pytest.mark.parametrize("label", ACTS)
def test_the_history_page_shows_every_act_and_how_the_row_stands_after_it(client, label):
    client.force_login(user(superuser=True))
    shown = 0
    for row in each(ACTS[label](client)):
        entries = page(client, row)
        assert len(entries) > shown
        assert as_told(entries[0]) == as_it_is(type(row).objects.get(pk=row.pk))
        shown = len(entries)
    assert shown > 1


def page(client, row) -> list:
    """The entries of the page of the History button, the latest first."""
    answer = client.get(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_history", args=[row.pk]))
    return list(answer.context["page_obj"].object_list)


def as_told(entry) -> dict:
    fields = {field.attname: plain(getattr(entry, field.attname)) for field in entry.tracked_fields}
    links = {
        link.name: set(getattr(entry, link.name).values_list(link.m2m_reverse_field_name(), flat=True))
        for link in entry._history_m2m_fields
    }
    return fields | links


def as_it_is(row) -> dict:
    fields = {field.attname: plain(getattr(row, field.attname)) for field in row.history.model.tracked_fields}
    links = {link.name: set(getattr(row, link.name).values_list("pk", flat=True)) for link in row._meta.many_to_many}
    return fields | links


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def test_a_change_of_terms_is_told_in_words_what_went_and_what_came(client):
    client.force_login(user(superuser=True))
    version = partners.drafted(lines=[NewTermLine("city", partners.purpose())])
    lines = [NewTermLine("city", partners.purpose()), NewTermLine("email", partners.purpose(), max_rows=7)]
    lifecycle.revise(version, by=version.author, lines=lines)

    (told,) = page(client, version)[0].history_delta_changes

    assert told == {"field": "Terms", "old": "", "new": "email:clear out partner_offers <=7"}


def test_a_change_is_told_by_titles_and_not_as_it_is_stored(client):
    client.force_login(user(superuser=True))
    shop = source("shop", party=Party.FIRST)
    shop.party, shop.enabled = Party.ZERO, False
    shop.save()
    version = partners.drafted()
    lifecycle.propose(version, by=version.author)

    told = {change["field"]: (change["old"], change["new"]) for change in page(client, shop)[0].history_delta_changes}
    moved = {change["field"]: change["old"] for change in page(client, version)[0].history_delta_changes}

    assert told == {"Party": (Party.FIRST.label, Party.ZERO.label), "Enabled": ("yes", "no")}
    assert moved["Proposed"] == ""


def test_a_verb_that_changes_several_things_is_one_entry():
    version = partners.drafted()
    assert list(version.history.values_list("history_type", flat=True)) == ["+"]

    lifecycle.revise(version, by=version.author, lines=[], purposes=[], retention_days=1)

    assert list(version.history.values_list("history_type", flat=True)) == ["~", "+"]


# --- What the database refuses ------------------------------------------------------------------------------------

BEHIND_THE_BACK = {
    "a purpose of a collection point": (
        lambda: consents.point(consents.purpose()),
        "DELETE FROM consents_collectionpoint_purposes WHERE collectionpoint_id = %s",
    ),
    "a role": (
        lambda: user(roles=["Marketer"]),
        "UPDATE cdp_user_groups SET group_id = (SELECT id FROM auth_group WHERE name = 'Steward') WHERE user_id = %s",
    ),
    "a line of the terms": (
        lambda: partners.drafted(),
        "UPDATE partners_termline SET max_rows = 9 WHERE version_id = %s",
    ),
    "a user": (user, "UPDATE cdp_user SET is_superuser = true WHERE id = %s"),
    "a write key": (
        lambda: write_keys.make(source=source())[0],
        "UPDATE profiles_sourcekey SET revoked_at = NULL WHERE id = %s",
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("make", "act"), BEHIND_THE_BACK.values(), ids=BEHIND_THE_BACK)
def test_what_is_changed_behind_the_back_of_the_history_is_refused(make, act):
    row = make()

    with pytest.raises(IntegrityError, match="no history row was written with it"), transaction.atomic():
        assert execute(act, [row.pk])


def test_a_sign_in_is_no_change_of_a_user(client):
    row = user()
    client.force_login(row)

    assert list(row.history.values_list("history_type", flat=True)) == ["+"]


# --- What is not tracked ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "words"), [("take", "Taken on"), ("finish", "Done"), ("dismiss", "Not needed")])
def test_who_took_or_closed_a_work_item_stands_in_its_history(client, act, words):
    steward = user(roles=["Steward"])
    client.force_login(steward)
    item = WorkItem.objects.create(kind="look", why="look", identity_ref=person().pk, fingerprint="1")

    client.post(reverse("admin:profiles_workitem_changelist"), {"action": act, "_selected_action": [item.pk]})

    told = client.get(reverse("admin:profiles_workitem_history", args=[item.pk])).context["action_list"]
    assert [(entry.user, entry.get_change_message()) for entry in told] == [(steward, words)]
    assert LogEntry.objects.count() == 1
