"""What the tables of deliveries refuse to SQL, and that the evidence adds up."""

import threading

import pytest
from django.db import Error, connection, transaction

from cdp.base.database.sql import execute
from partners import verify
from partners.agreements import lifecycle
from partners.models import Delivery, DisclosureEntry
from partners.transfers import deliveries
from tests.builders import user
from tests.partners.building import agreement, delivered, end_now, members, planned

pytestmark = pytest.mark.django_db


# --- What SQL may not do ------------------------------------------------------------------------------------------

ANOTHER = "(SELECT id FROM cdp_user WHERE username = 'other')"


@pytest.mark.parametrize(
    ("act", "match"),
    [
        ("UPDATE partners_delivery SET fields = '{email}'", "of what is planned only"),
        ("UPDATE partners_delivery SET purpose_id = purpose_id + 1", "of what is planned only"),
        ("UPDATE partners_delivery SET audience_ref = gen_random_uuid()", "of what is planned only"),
        ("UPDATE partners_delivery SET requested_by_id = gen_random_uuid()", "of what is planned only"),
        ("UPDATE partners_delivery SET state = 'ready'", "planned does not become ready"),
        ("UPDATE partners_delivery SET state = 'approved'", "partners_delivery_approved"),
        ("UPDATE partners_delivery SET state = 'approved', approved_by_id = requested_by_id", "second_person"),
        ("UPDATE partners_delivery SET approved_by_id = " + ANOTHER, "partners_delivery_approved"),
        ("DELETE FROM partners_delivery", "append-only"),
        ("TRUNCATE partners_delivery CASCADE", "append-only"),
    ],
)
def test_a_request_is_not_bent_by_sql(act, match):
    members(1)
    planned(agreement())
    user("other")
    execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(Error, match=match), transaction.atomic():
        execute(act)


@pytest.mark.parametrize(
    ("state", "approver", "match"),
    [
        ("planned", ANOTHER, "partners_delivery_approved"),
        ("approved", "NULL", "none begins as approved"),
        ("approved", ANOTHER, "none begins as approved"),
        ("building", ANOTHER, "none begins as building"),
        ("ready", ANOTHER, "none begins as ready"),
        ("sent", ANOTHER, "none begins as sent"),
    ],
)
def test_no_delivery_is_written_approved(state, approver, match):
    members(1)
    planned(agreement())
    user("other")
    copied = """INSERT INTO partners_delivery SELECT (jsonb_populate_record(d, jsonb_build_object(
        'id', gen_random_uuid(), 'state', %s, 'approved_by_id', {}))).* FROM partners_delivery d LIMIT 1"""
    execute(copied.format("NULL"), ["planned"])  # the row is whole but for what is tried

    with pytest.raises(Error, match=match), transaction.atomic():
        execute(copied.format(approver), [state])

    assert list(Delivery.objects.values_list("state", "approved_by")) == [("planned", None)] * 2


def test_an_approval_is_never_rewritten():
    members(1)
    other, third = user("other"), user("third")
    delivery = deliveries.approve(planned(agreement()), by=other)
    execute("SET CONSTRAINTS ALL IMMEDIATE")

    def rewritten():
        for approver in (third.pk, None):
            with pytest.raises(Error, match="is refused"), transaction.atomic():
                execute("UPDATE partners_delivery SET approved_by_id = %s", [approver])
        with pytest.raises(Error, match="is refused"), transaction.atomic():
            execute("UPDATE partners_delivery SET requested_by_id = %s", [third.pk])

    rewritten()
    deliveries.build(delivery)
    rewritten()
    assert Delivery.objects.get().approved_by == other


def test_a_built_delivery_keeps_its_manifest():
    members(1)
    delivered(agreement())

    with pytest.raises(Error, match="of what is ready only"), transaction.atomic():
        execute("UPDATE partners_delivery SET sent = 0")


def test_the_table_itself_refuses_a_file_out_of_force():
    version = agreement()
    members(1)
    delivery = planned(version)
    deliveries.approve(delivery, by=user())
    end_now(version)

    execute("UPDATE partners_delivery SET state = 'building'")
    with pytest.raises(Error, match="no agreement version is in force now"), transaction.atomic():
        execute("UPDATE partners_delivery SET state = 'ready'")


@pytest.mark.parametrize("state", ["planned", "approved", "building"])
def test_a_blocked_delivery_is_not_revived(state):
    version = agreement()
    members(1)
    delivery = planned(version)
    deliveries.approve(delivery, by=user())
    lifecycle.suspend(version.agreement, by=user(), reason="A leak.")
    with pytest.raises(deliveries.NotPermitted):
        deliveries.build(delivery)

    with pytest.raises(Error, match="blocked does not become"), transaction.atomic():
        execute("UPDATE partners_delivery SET state = %s", [state])


def test_disclosures_are_not_added_to_a_finished_delivery():
    members(1)
    delivery = delivered(agreement())

    with pytest.raises(Error, match="while the file is built"), transaction.atomic():
        DisclosureEntry.objects.create(delivery=delivery, pseudonym="p1" + "a" * 26)


# --- Evidence adds up ---------------------------------------------------------------------------------------------


def test_disclosures_are_as_many_as_rows_or_verify_says_so():
    version = agreement()
    members(3)
    delivered(version)
    planned(version)
    assert verify.verify() == {"disclosures": 0, "terms": 0}

    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE partners_disclosurelink DISABLE TRIGGER USER")
    execute("ALTER TABLE partners_disclosureentry DISABLE TRIGGER USER")
    execute("DELETE FROM partners_disclosurelink WHERE entry_id = (SELECT min(id) FROM partners_disclosureentry)")
    execute("DELETE FROM partners_disclosureentry WHERE id = (SELECT min(id) FROM partners_disclosureentry)")

    assert verify.verify() == {"disclosures": 1, "terms": 0}


@pytest.mark.django_db(transaction=True)
def test_a_suspension_waits_for_the_file_that_is_being_written(monkeypatch):
    """Whoever suspends while a file is written does so after it, never in the middle of it."""
    version, one = agreement(), user()
    members(1)
    delivery = planned(version)
    deliveries.approve(delivery, by=user())
    order = []
    written = deliveries._written

    def suspend():
        try:
            lifecycle.suspend(version.agreement, by=one, reason="A leak.")
            order.append("suspended")
        finally:
            connection.close()

    def slowly(*arguments):
        thread.start()
        thread.join(0.5)
        found = written(*arguments)
        order.append("written")
        return found

    thread = threading.Thread(target=suspend)
    monkeypatch.setattr(deliveries, "_written", slowly)
    deliveries.build(delivery)
    thread.join()

    assert order == ["written", "suspended"]
