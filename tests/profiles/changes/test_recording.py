"""Whatever happens to a person writes its change in the same transaction, and is undone with it."""

import pytest
from django.db import IntegrityError, connection, transaction

from cdp.base.database.ids import uuid7
from profiles import changes
from profiles.changes import ChangeKind
from profiles.identity import steward_decisions, verify
from profiles.imports.run import runs
from profiles.models import Change, Profile, SourceIdentity
from tests.builders import guards_off, source, user
from tests.changes import telling, undone
from tests.profiles.building import person, say
from tests.profiles.imports.building import CUSTOMER, proposed, some_customers
from tests.segments.building import did

pytestmark = pytest.mark.django_db
REASON = "Two persons, asked by telephone."


def crm(**said):
    return person(source=source("crm", namespace="loyalty_no"), external_id="C-1", **said)


def test_a_new_person_is_told_once_as_created():
    with telling() as told:
        anna = person(email="anna@example.dk", city="Aarhus")

    assert told == [("profile.created", anna.pk, None, [])]


def test_a_changed_value_tells_which_attributes_changed():
    anna = person(external_id="K-1", city="Aarhus", first_name="Anna")

    with telling() as told:
        person(external_id="K-1", city="Ribe", first_name="Anne")

    assert told == [("profile.changed", anna.pk, None, ["city", "first_name"])]


def test_what_is_said_again_unchanged_tells_nothing():
    person(external_id="K-1", city="Aarhus")

    with telling() as told:
        person(external_id="K-1", city="Aarhus")

    assert told == []


def test_an_event_tells_that_its_person_changed():
    anna = person()

    with telling() as told:
        did(anna.pk, "Order Completed")

    assert told == [("profile.changed", anna.pk, None, ["events"])]


def test_a_merge_tells_who_went_into_whom_and_who_has_one_more_record():
    anna = person(email="anna@example.dk", city="Aarhus")

    with telling() as told:
        say(source=source("crm", namespace="loyalty_no"), external_id="C-1", email="anna@example.dk")

    created, merged, changed = told
    assert created == ("profile.created", merged[1], None, [])
    assert merged == ("profile.merged", SourceIdentity.objects.get(source__code="crm").pk, anna.pk, [])
    assert changed == ("profile.changed", anna.pk, None, ["source_records"])


def test_who_is_parted_is_told_with_whom_they_were_parted_from():
    anna = person(email="anna@example.dk")
    crm(email="anna@example.dk")
    bo = SourceIdentity.objects.get(source__code="crm")

    with telling() as told:
        steward_decisions.not_same(identity=anna.pk, other=bo.pk, reason=REASON, by=user())

    assert told == [
        ("profile.parted", bo.pk, anna.pk, []),
        ("profile.changed", anna.pk, None, ["source_records"]),
    ]


def test_what_is_rebuilt_is_told():
    anna = person(city="Aarhus")
    with guards_off("profiles_goldenvalue"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM profiles_goldenvalue")

    with telling() as told:
        verify.rebuild()

    assert told == [("profile.changed", anna.pk, None, ["city"])]


def test_an_import_tells_each_state_it_comes_into(settings, tmp_path):
    settings.KENDT_FILES = tmp_path

    with telling() as told:
        done = proposed(some_customers(2), CUSTOMER)
        runs.check(file_import=done)
        runs.start(file_import=done)
        runs.pause(file_import=done)
        runs.resume(file_import=done)
        runs.run(file_import=done)

    moved = [row for row in told if row[0] == "import.moved"]
    states = ["waiting", "checked", "running", "paused", "running", "done"]
    assert moved == [("import.moved", None, done.pk, [state]) for state in states]
    assert sorted(row[1] for row in told if row[0] == "profile.created") == sorted(
        Profile.objects.values_list("pk", flat=True)
    )


def test_test_data_are_told_apart():
    real, tried = person(), person(is_test=True)

    assert dict(Change.objects.values_list("profile", "is_test")) == {real.pk: False, tried.pk: True}


VERBS = {
    "created": lambda anna: person(email="bo@example.dk"),
    "changed": lambda anna: person(external_id="K-1", city="Ribe"),
    "merged": lambda anna: crm(email="anna@example.dk"),
    "events": lambda anna: did(anna.pk, "Order Completed"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_undone_is_not_told(verb):
    anna = person(external_id="K-1", email="anna@example.dk", city="Aarhus")
    did(anna.pk, "Product Viewed", days_ago=2)

    assert undone(lambda: VERBS[verb](anna)) == []


def test_every_kind_is_known_to_the_table():
    for kind in ChangeKind:
        changes.record(kind=kind, profiles=[uuid7()])

    assert list(Change.objects.order_by("seq").values_list("kind", flat=True)) == list(ChangeKind)


def test_a_change_is_never_rewritten():
    changes.record(kind=ChangeKind.IMPORT_MOVED, what=["done"])

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Change.objects.update(what=["failed"])
