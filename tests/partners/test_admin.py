"""The screens of partners: what they show, what they let whom do, and what they refuse."""

import html
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners import deliveries, tasks
from partners.agreements import Line
from partners.models import Agreement, AgreementVersion, Delivery, InboundFile, Partner, Signature
from profiles.imports.tasks import run_import
from profiles.models import AccessEntry, Subject
from tests.builders import user
from tests.partners.building import (
    agreement,
    answer,
    delivered,
    drafted,
    members,
    partner,
    planned,
    proposed,
    purpose,
)

pytestmark = pytest.mark.django_db

MANAGER, OFFICER = "Partner manager", "Compliance officer"


@pytest.fixture
def as_(client):
    """The client, signed in as somebody."""

    def sign_in(who):
        client.force_login(who)
        return client

    return sign_in


def page_of(row, query: str = "") -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk]) + query


def act(client, name: str, key, **data):
    """Post to an address and follow it; gives the text of the page."""
    model, _, verb = name.partition("_")
    place = [key] if isinstance(key, str) or not isinstance(key, tuple) else list(key)
    answered = client.post(reverse(f"admin:partners_{model}_{verb}", args=place), data, follow=True)
    assert answered.status_code == 200, answered.status_code
    return text(answered)


def text(answered) -> str:
    return html.unescape(answered.content.decode())


def form_of(version=None, **other) -> dict:
    """A filled form of an agreement with one line."""
    lines = {"field": "city", "purpose": str(purpose().pk), "direction": "out", "form": "clear", "max_rows": ""}
    return {
        "partner": str(partner().pk),
        "number": "DSA-9",
        "title": "Offers",
        "direction": "out",
        "home_time_zone": "Europe/Copenhagen",
        "legal_basis": "consent",
        "our_role": "controller",
        "partner_role": "controller",
        "arrangement_ref": "Each answers for their own part.",
        "transfer_tool": "",
        "valid_from": str(date.today()),
        "valid_until": str(date.today() + timedelta(days=30)),
        "retention_days": "90",
        "deletion_sla_hours": "72",
        "min_cohort": "1",
        "relevance_note": "Offers that fit.",
        "document_sha256": "",
        "purposes": [str(purpose().pk)],
        "lines-TOTAL_FORMS": "1",
        "lines-INITIAL_FORMS": "0",
        **{f"lines-0-{name}": found for name, found in (lines | {"duties": "cite_source, no_profiling"}).items()},
    } | other


# --- Agreements ---------------------------------------------------------------------------------------------------


def test_an_agreement_goes_from_draft_into_force_by_four_hands(as_):
    author, manager, officer = user(roles=[MANAGER]), user(roles=[MANAGER]), user(roles=[OFFICER])
    as_(author).post(reverse("admin:partners_agreement_add"), form_of())
    version = AgreementVersion.objects.get()
    place = {"version": version.number}

    act(as_(author), "agreement_propose", version.agreement_id, **place)
    version.refresh_from_db()
    shown = {"seen": version.terms_sha256, **place}
    act(as_(manager), "agreement_approve", version.agreement_id, capacity="business", **shown)
    act(as_(officer), "agreement_approve", version.agreement_id, capacity="compliance", **shown)
    answered = act(as_(officer), "agreement_activate", version.agreement_id, **place)

    version.refresh_from_db()
    assert (version.state, version.author) == ("in_force", author)
    assert "Yes, within the terms below" in answered
    assert [(line.field, line.duties) for line in version.lines.all()] == [("city", ["cite_source", "no_profiling"])]
    assert list(version.history.values_list("history_user_id", flat=True)) == [officer.pk, author.pk, author.pk]


def test_the_author_sees_no_button_to_approve_and_is_refused_past_it(as_):
    author = user(roles=[MANAGER])
    version = proposed(by=author)

    shown = text(as_(author).get(page_of(version.agreement)))
    refused = act(
        as_(author),
        "agreement_approve",
        version.agreement_id,
        version=1,
        seen=version.terms_sha256,
        capacity="business",
    )

    assert "Approve for" not in shown and "You wrote this version" in shown
    assert "You wrote this version, so two others approve and activate it." in refused
    assert not Signature.objects.exists()


def test_each_sees_only_the_capacity_that_is_theirs(as_):
    version = proposed()

    manager = text(as_(user(roles=[MANAGER])).get(page_of(version.agreement)))
    officer = text(as_(user(roles=[OFFICER])).get(page_of(version.agreement)))

    assert "Approve for business owner" in manager and "Approve for compliance" not in manager
    assert "Approve for compliance" in officer and "Approve for business owner" not in officer


def test_terms_that_changed_while_they_were_read_are_not_approved(as_):
    version = proposed()

    refused = act(
        as_(user(roles=[OFFICER])), "agreement_approve", version.agreement_id, version=1, seen="0" * 64,
        capacity="compliance",
    )  # fmt: skip

    assert "no longer those that you were shown" in refused and not Signature.objects.exists()


def test_a_draft_tells_everything_it_lacks(as_):
    version = drafted(legal_basis="", lines=[])

    shown = text(as_(user(roles=[OFFICER])).get(page_of(version.agreement)))

    assert "No, nothing may be exchanged" in shown
    assert "The legal basis is not stated." in shown and "the list of terms is empty" in shown


def test_a_draft_is_changed_by_its_author_alone(as_):
    author = user(roles=[MANAGER])
    version = drafted(by=author)
    place = reverse("admin:partners_agreement_edit", args=[version.agreement_id, 1])

    as_(user(roles=[MANAGER])).post(place, form_of(retention_days="9"))
    version.refresh_from_db()
    assert version.retention_days == 90
    as_(author).post(place, form_of(retention_days="9"))
    version.refresh_from_db()
    assert version.retention_days == 9


def test_a_wrong_form_says_where_and_keeps_what_was_typed(as_):
    wrong = form_of(valid_until="", title="Typed title", **{"lines-0-purpose": ""})

    answered = as_(user(roles=[MANAGER])).post(reverse("admin:partners_agreement_add"), wrong)

    assert answered.status_code == 200 and not Agreement.objects.exists()
    assert "Choose the purpose." in text(answered) and "Typed title" in text(answered)


def test_versions_show_what_changed_in_words(as_):
    first = agreement()
    manager = user(roles=[MANAGER])
    act(as_(manager), "agreement_new_version", first.agreement_id)
    second = first.agreement.versions.get(number=2)
    place = reverse("admin:partners_agreement_edit", args=[first.agreement_id, 2])
    as_(manager).post(place, form_of(retention_days="9"))

    shown = " ".join(text(as_(manager).get(page_of(first.agreement, "?version=2"))).split())

    assert '<del class="k-removed">90</del> <ins class="k-added">9</ins>' in shown
    assert '<del class="k-removed">Opaque id (opaque id, out, for Partner offers)</del>' in shown
    assert second.author == manager


def test_a_suspended_agreement_says_why(as_):
    version = agreement()

    shown = act(as_(user(roles=[OFFICER])), "agreement_act", (version.agreement_id, "suspend"), reason="A leak.")

    assert "No, nothing may be exchanged" in shown and "A leak." in shown


def test_stopping_without_a_reason_is_refused(as_):
    version = agreement()

    shown = act(as_(user(roles=[OFFICER])), "agreement_act", (version.agreement_id, "terminate"), reason=" ")

    assert "Say why." in shown and Agreement.objects.get().state == "active"


def test_the_list_of_agreements_costs_the_same_for_one_and_three(as_):
    counts = []
    for numbers in (["A"], ["B", "C"]):
        for number in numbers:
            agreement(number=number)
        signed_in = as_(user(superuser=True))
        signed_in.get(reverse("admin:partners_agreement_changelist"))
        with CaptureQueriesContext(connection) as asked:
            signed_in.get(reverse("admin:partners_agreement_changelist"))
        counts.append(len(asked))

    assert counts[0] == counts[1]


# --- Partners -----------------------------------------------------------------------------------------------------


def test_the_name_that_people_consented_to_is_not_edited(as_):
    version = agreement()
    one = version.agreement.partner
    fields = {"legal_name": "New A/S", "public_name": "Other", "country": "DK", "status": "approved"}

    as_(user(roles=[MANAGER])).post(page_of(one), fields)

    found = Partner.objects.get(pk=one.pk)
    assert (found.legal_name, found.public_name) == ("New A/S", "Nordic Air")


def test_a_partner_tells_of_how_many_people_it_holds_data(as_):
    members(3)
    delivery = delivered()

    shown = text(as_(user(roles=[MANAGER])).get(page_of(delivery.version.agreement.partner)))

    assert "People whose data they got" in shown and "<dd>3</dd>" in shown


# --- Deliveries ---------------------------------------------------------------------------------------------------


def asking(version) -> str:
    return reverse("admin:partners_delivery_add") + f"?agreement={version.agreement_id}"


def test_a_preview_counts_masks_and_stores_nothing(as_):
    version = agreement(lines=[Line("email", purpose())])
    members(1, email="planted@example.dk")
    answer(members(1), "ConsentWithdrawn")

    asked = {"purpose": str(purpose().pk), "columns": ["email"], "audience": ""}
    shown = text(as_(user(roles=[MANAGER])).post(asking(version), asked | {"preview": "1"}))

    assert "p•••@example.dk" in shown and "planted@" not in shown
    assert "The person has withdrawn the consent." in shown
    assert (Delivery.objects.count(), AccessEntry.objects.count()) == (0, 0)


def test_only_agreed_columns_are_offered_and_accepted(as_):
    version = agreement()
    manager = as_(user(roles=[MANAGER]))

    shown = text(manager.get(asking(version)))
    forged = {"purpose": str(purpose().pk), "columns": ["email"], "audience": "", "request": "1"}
    refused = text(manager.post(asking(version), forged))

    assert 'value="city"' in shown and 'value="email"' not in shown
    assert "email is not one of the available choices" in refused
    assert not Delivery.objects.exists()


def test_a_delivery_is_asked_for_approved_built_and_handed_over(as_, django_capture_on_commit_callbacks):
    version = agreement()
    members(2)
    manager, officer = user(roles=[MANAGER]), user(roles=[OFFICER])
    asked = {"purpose": str(purpose().pk), "columns": ["opaque_id", "city"], "audience": "", "request": "1"}
    as_(manager).post(asking(version), asked)
    delivery = Delivery.objects.get()

    with django_capture_on_commit_callbacks(execute=True):
        act(as_(officer), "delivery_approve", delivery.pk)
    tasks.build_approved()
    shown = text(as_(officer).get(page_of(delivery)))
    answered = as_(officer).post(reverse("admin:partners_delivery_file", args=[delivery.pk]))

    assert (delivery.requested_by, Delivery.objects.get().approved_by) == (manager, officer)
    assert Delivery.objects.get().sha256 in shown
    assert answered["Content-Disposition"].startswith('attachment; filename="A-nordic-air-1-')
    assert answered.content.count(b"Aarhus") == 2
    assert AccessEntry.objects.filter(action="delivery_download", actor=officer.pk).count() == 1
    assert Delivery.objects.get().state == "sent"


def test_nobody_approves_their_own_request_past_the_screen(as_):
    version, one = agreement(), user(superuser=True)
    members(1)
    delivery = planned(version, by=one)

    shown = text(as_(one).get(page_of(delivery)))
    refused = act(as_(one), "delivery_approve", delivery.pk)

    assert "Approve, and build the file" not in shown
    assert "You asked for this delivery, so somebody else approves it." in refused
    assert Delivery.objects.get().state == "planned"


def test_a_blocked_delivery_says_why(as_):
    version = agreement(min_cohort=2)
    people = members(2)
    delivery = planned(version)
    deliveries.approve(delivery, by=user())
    answer(people[:1], "ConsentWithdrawn")

    tasks.build_approved()

    shown = text(as_(user(roles=[OFFICER])).get(page_of(delivery)))
    assert "the agreement asks for at least 2" in shown


# --- Files received -----------------------------------------------------------------------------------------------


def incoming():
    return agreement(lines=[Line("city", purpose(), direction="in")], direction="in")


def upload(as_, version, content: bytes):
    place = reverse("admin:partners_inboundfile_add") + f"?agreement={version.agreement_id}"
    file = SimpleUploadedFile("members.csv", content)
    return as_(user(roles=[MANAGER])).post(place, {"purpose": str(purpose().pk), "file": file, "encoding": ""})


def test_a_file_is_received_described_checked_and_loaded(as_, django_capture_on_commit_callbacks):
    version = incoming()
    upload(as_, version, b"no;where;planted\nM1;Aarhus;x\nM2;Odense;y\n")
    row = InboundFile.objects.get()
    manager = as_(user(roles=[MANAGER]))
    assert row.dropped_columns == ["where", "planted"]

    act(manager, "inboundfile_columns", row.pk, **{"column-0": "external_id", "column-1": "traits.city"})
    shown = act(manager, "inboundfile_check", row.pk)
    assert "Load it" in shown and not Subject.objects.exists()
    with django_capture_on_commit_callbacks():
        act(manager, "inboundfile_load", row.pk)
    run_import(str(row.batch_id))

    row.refresh_from_db()
    assert (row.batch.state, row.batch.rows_new, row.dropped_columns) == ("done", 2, ["planted"])


def test_a_column_that_is_not_agreed_stays_dropped_whatever_is_posted(as_):
    version = incoming()
    upload(as_, version, b"no;mail\nM1;planted@example.dk\n")
    row = InboundFile.objects.get()

    act(
        as_(user(roles=[MANAGER])), "inboundfile_columns", row.pk,
        **{"column-0": "external_id", "column-1": "identifiers.email"},
    )  # fmt: skip

    row.refresh_from_db()
    assert row.dropped_columns == ["mail"] and row.batch.mapping.spec == {"external_id": "no"}


# --- Who may ------------------------------------------------------------------------------------------------------

PAGES = ["partner", "agreement", "agreementversion", "termline", "signature", "delivery", "inboundfile",
         "disclosureentry", "disclosurelink"]  # fmt: skip


@pytest.mark.parametrize("model", PAGES)
@pytest.mark.parametrize(("role", "status"), [(MANAGER, 200), (OFFICER, 200), ("Auditor", 200), ("Marketer", 403)])
def test_lists_are_open_to_those_whose_task_it_is(as_, model, role, status):
    assert as_(user(roles=[role])).get(reverse(f"admin:partners_{model}_changelist")).status_code == status


ACTS = [
    ("agreement_new_version", ()),
    ("agreement_propose", ()),
    ("agreement_activate", ()),
    ("agreement_send_back", ()),
    ("agreement_act", ("terminate",)),
    ("delivery_approve", ()),
    ("delivery_build", ()),
    ("delivery_cancel", ()),
    ("delivery_file", ()),
]


@pytest.mark.parametrize(("name", "more"), ACTS)
@pytest.mark.parametrize("role", ["Auditor", "Marketer"])
def test_who_only_looks_changes_nothing(as_, name, more, role):
    version = agreement()
    members(1)
    key = planned(version).pk if name.startswith("delivery") else version.agreement_id

    place = reverse(f"admin:partners_{name}", args=[key, *more])

    assert as_(user(roles=[role])).post(place, {"version": 1, "reason": "x"}).status_code == 403
    assert as_(user(superuser=True)).get(place).status_code == 405
    assert (Agreement.objects.get().state, Delivery.objects.exclude(state="planned").count()) == ("active", 0)


def test_a_file_is_handed_over_only_by_those_who_may_approve(as_):
    members(1)
    delivery = delivered(agreement())

    answered = as_(user(roles=[MANAGER])).post(reverse("admin:partners_delivery_file", args=[delivery.pk]))

    assert answered.status_code == 403
    assert not AccessEntry.objects.filter(action="delivery_download").exists()


def test_the_page_of_a_person_tells_who_got_the_data(as_):
    (anna,) = members(1)
    delivery = delivered(agreement(number="DSA-7"))

    shown = text(
        as_(user(roles=[OFFICER])).get(reverse("admin:profiles_profile_change", args=[anna.pk]) + "?tab=shares")
    )

    assert "Nordic Air" in shown and "DSA-7" in shown and "Opaque id" in shown
    assert delivery.disclosures.get().pseudonym not in shown


@pytest.mark.parametrize("key", ["00000000-0000-7000-8000-000000000000", "nonsense"])
@pytest.mark.parametrize("model", ["agreement", "delivery", "inboundfile"])
def test_an_unknown_row_is_not_found(as_, model, key):
    place = reverse(f"admin:partners_{model}_changelist") + f"{key}/change/"

    assert as_(user(superuser=True)).get(place).status_code == 404
