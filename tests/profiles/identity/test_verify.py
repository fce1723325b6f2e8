"""Every projection is what its evidence says; a planted drift in any of them is found and mended."""

import pytest
from django.db import IntegrityError, connection, transaction

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import execute
from profiles.changes.after_fold import AFTER_FOLD
from profiles.identity import steward_decisions, verify
from profiles.ingestion.events import store
from profiles.models import Event, GoldenValue, Profile, RefusedLink, SourceIdentity
from tests.builders import days_ago, guards_off, source
from tests.profiles.building import person, say

pytestmark = pytest.mark.django_db
PROJECTIONS = {"references", "identities", "events", "profiles", "refused_links", "golden_values"}


@pytest.fixture
def town():
    """Anna, known by two systems and by what she did; Bo, who shares her e-mail; Carl, who was joined by a steward."""
    app = source("app", namespace="user_id")
    said = say(external_id="C1", email="family@example.dk", first_name="Anna", city="Aarhus", observed_at=days_ago(9))
    say(source=app, external_id="anna", email="family@example.dk", first_name="Anne", city="Odense")
    say(external_id="C2", email="family@example.dk", first_name="Bo", loyalty_points=7)
    carl = person(external_id="C3", city="Ribe")
    again = person(external_id="C4", city="Skive", observed_at=days_ago(9))
    steward_decisions.same(identity=carl.pk, other=again.pk, reason="one person", by=None)
    order = store.EventRow(
        key=store.message_key(app.pk, "order-1"), source=app.pk, type="track", name="Order Completed",
        occurred_at=days_ago(20), received_at=days_ago(0), identity=said.identity, record=said.record,
    )  # fmt: skip
    store.store([order])
    return said


def state():
    """All projections, without keys that say nothing and the time of writing."""
    return (
        set(SourceIdentity.objects.values_list("pk", "profile")),
        set(Event.objects.values_list("pk", "profile")),
        set(Profile.objects.values_list("pk", "is_test", "identity_count", "first_seen_at", "last_seen_at")),
        set(RefusedLink.objects.values_list("identity", "other", "namespace", "reason")),
        set(GoldenValue.objects.values_list("profile", "attribute", "record", "rule", "candidates", "text", "number")),
    )


def change(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.rowcount == 1


def move_an_identity(town):
    carl = Profile.objects.get(golden__text="Ribe")
    change("UPDATE profiles_sourceidentity SET profile_id = %s WHERE id = %s", carl.pk, town.identity)


def lose_a_profile(town):
    carl = Profile.objects.get(golden__text="Ribe").pk
    connection.cursor().execute("DELETE FROM profiles_goldenvalue WHERE profile_id = %s", [carl])
    change("DELETE FROM profiles_profile WHERE id = %s", carl)


DRIFTS = {
    "an identity that moved": ("identities", move_an_identity),
    "an event that moved": ("events", lambda town: change("UPDATE profiles_event SET profile_id = %s", uuid7())),
    "an event that belongs to nobody": ("events", lambda town: change("UPDATE profiles_event SET profile_id = NULL")),
    "a profile miscounted": (
        "profiles",
        lambda town: change("UPDATE profiles_profile SET identity_count = 9 WHERE id = %s", town.identity),
    ),
    "a profile last seen in another time": (
        "profiles",
        lambda town: change("UPDATE profiles_profile SET last_seen_at = '2001-01-01' WHERE id = %s", town.identity),
    ),
    "a profile of nobody": ("profiles", lambda town: Profile.objects.create()),
    "a profile lost": ("profiles", lose_a_profile),
    "a refusal lost": ("refused_links", lambda town: RefusedLink.objects.all().delete()),
    "a refusal for no reason": ("refused_links", lambda town: RefusedLink.objects.update(reason="whim")),
    "a golden value altered": (
        "golden_values",
        lambda town: change("UPDATE profiles_goldenvalue SET text = 'planted' WHERE text = 'Ribe'"),
    ),
    "a golden value lost": (
        "golden_values",
        lambda town: change("DELETE FROM profiles_goldenvalue WHERE number = 7"),
    ),
    "a rule misstated": (
        "golden_values",
        lambda town: change("UPDATE profiles_goldenvalue SET rule = 1 WHERE number = 7"),
    ),
}


def test_projections_that_were_folded_as_facts_came_in_need_no_mending(town):
    assert verify.verify() == dict.fromkeys(PROJECTIONS, 0)


@pytest.mark.parametrize(("where", "drift"), DRIFTS.values(), ids=DRIFTS)
def test_a_planted_drift_is_found_where_it_is_and_mended_to_what_was(town, where, drift):
    before = state()
    drift(town)
    assert state() != before

    found = verify.verify()
    listed = verify.differences(where)
    verify.rebuild()

    assert found[where] == len(listed) > 0
    assert state() == before
    assert verify.verify() == dict.fromkeys(PROJECTIONS, 0)


LOSSES = {
    "a record": ("profiles_record", "DELETE FROM profiles_record WHERE id = %(record)s"),
    "the person of a record": (
        "profiles_record",
        "UPDATE profiles_record SET identity_id = gen_random_uuid() WHERE id = %(record)s",
    ),
    "the kind of an identifier": (
        "profiles_identifier",
        "UPDATE profiles_identifier SET namespace_id = namespace_id + 900",
    ),
    "the name of an event": ("profiles_event", "UPDATE profiles_event SET name_id = name_id + 900"),
    "the record of an event": ("profiles_event", "UPDATE profiles_event SET record_id = record_id + 900"),
    "what tells whose an event is": ("profiles_event", "UPDATE profiles_event SET record_id = NULL"),
    "the source of an event": ("profiles_event", "UPDATE profiles_event SET source_id = source_id + 900"),
    "the import of an event": ("profiles_event", "UPDATE profiles_event SET file_import_id = 900"),
    "the kind of a value": ("profiles_record", """UPDATE profiles_record SET traits = '{"gone": 1}'"""),
}


@pytest.mark.parametrize(("table", "loss"), LOSSES.values(), ids=LOSSES)
def test_a_fact_that_refers_to_nothing_or_to_another_persons_record_is_found(town, table, loss):
    with guards_off(table):
        execute(loss, {"record": town.record})

    assert verify.verify()["references"] > 0


def refused(statement, match):
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        execute(statement)


def test_a_kind_of_identifier_that_a_fact_names_cannot_be_deleted(town):
    refused(
        "DELETE FROM profiles_namespace WHERE id IN (SELECT namespace_id FROM profiles_identifier)",
        match="rows of profiles_identifier name it",
    )


def test_a_name_that_an_event_has_goes_in_no_erasure_and_never_changes(town):
    refused("UPDATE profiles_eventname SET name = 'planted'", match="append-only")
    refused("DELETE FROM profiles_eventname", match="append-only")
    execute("SET LOCAL kendt.erasing = 'on'")
    refused("DELETE FROM profiles_eventname", match="rows of profiles_event name it")


@pytest.mark.parametrize(
    "act",
    [
        "DELETE FROM profiles_attribute",
        "UPDATE profiles_attribute SET code = 'planted'",
        "UPDATE profiles_attribute SET type = 'date'",
        "UPDATE profiles_attribute SET classification = 'direct'",
    ],
)
def test_an_attribute_of_which_a_record_says_something_stays_what_it_is(town, act):
    refused(f"{act} WHERE code = 'city'", match="records say something of it")


def test_a_difference_names_the_row_what_is_stored_and_what_should_be(town):
    move_an_identity(town)

    assert verify.differences("identities") == [
        (town.identity, SourceIdentity.objects.get(pk=town.identity).profile_id, town.identity)
    ]


def test_those_who_listen_hear_what_a_rebuild_moved(town, monkeypatch):
    move_an_identity(town)
    wrong = SourceIdentity.objects.get(pk=town.identity).profile_id
    heard = []

    def listen(**kwargs):
        heard.append(kwargs["moved"])

    monkeypatch.setattr(AFTER_FOLD, "_by_order", {1: listen})
    verify.rebuild()

    assert heard == [{town.identity: (wrong, town.identity)}]


def test_the_stub_of_an_erased_person_is_no_difference(town):
    Profile.objects.create(erased_at=days_ago(0), identity_count=0)

    assert verify.verify() == dict.fromkeys(PROJECTIONS, 0)
