"""What the tables of activations refuse to SQL: nothing goes that nobody approved, whatever path writes."""

import pytest
from django.db import Error, transaction

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import execute, value
from cdp.models import User
from segments.activation import activations
from segments.models import Activation, DeliveredPerson
from tests.builders import user
from tests.consents import building as consents
from tests.segments.building import DANES, computed, dane, destination

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    settings.KENDT_FILES = tmp_path


@pytest.fixture
def waiting(monkeypatch) -> Activation:
    """An activation of two people that waits for a second person, as one of 501 members does."""
    monkeypatch.setattr(activations, "MOST_ALONE", 1)
    user("other"), user("third")
    dane(1), dane(2)
    asked = activations.request(segment=computed(DANES), destination=destination(consents.purpose()), by=user("asker"))
    assert asked.state == "waiting"
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    return asked


def refused(act: str, params=(), *, match: str) -> None:
    with pytest.raises(Error, match=match), transaction.atomic():
        execute(act, params)


def written(**changed) -> None:
    """Another row as the present one is, but for what is changed."""
    columns = {name: f"{name}" for name in ("segment_id", "destination_id", "version_id", "requested_by_id")}
    values = {"id": f"'{uuid7()}'", "left_out": "'{}'", "manifest": "'{}'", "sent": "0", "removed": "0"}
    values |= {"stored_as": "''", "sha256": "''", "error": "''"} | columns | changed
    execute(
        f"INSERT INTO segments_activation ({', '.join(values)}) SELECT {', '.join(values.values())} "
        "FROM segments_activation LIMIT 1"
    )


ANOTHER = "(SELECT id FROM cdp_user WHERE username = 'other')"


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"state": "'approved'", "members": "501"}, "segments_activation_approved"),
        ({"state": "'approved'", "members": "501", "approved_by_id": ANOTHER}, "asked for before anybody approves"),
        ({"state": "'waiting'", "members": "501", "approved_by_id": ANOTHER}, "asked for before anybody approves"),
        ({"state": "'done'", "members": "1"}, "none begins as done"),
    ],
    ids=["approved by nobody", "approved as it is asked for", "approved while it waits", "done at once"],
)
def test_no_activation_is_written_approved(waiting, changed, match):
    written(state="'waiting'", members="501")  # the row is whole but for what is tried

    with pytest.raises(Error, match=match), transaction.atomic():
        written(**changed)

    assert set(Activation.objects.values_list("state", flat=True)) == {"waiting"}


def test_of_more_than_five_hundred_none_goes_that_another_has_not_approved(waiting):
    written(state="'waiting'", members="501")
    large = Activation.objects.get(members=501)
    move = f"UPDATE segments_activation SET state = 'approved', approved_by_id = {{}} WHERE id = '{large.pk}'"

    refused(move.format("NULL"), match="segments_activation_approved")
    refused(move.format("requested_by_id"), match="segments_activation_second_person")
    refused(
        f"UPDATE segments_activation SET approved_by_id = {ANOTHER} WHERE id = %s",
        [large.pk],
        match="segments_activation_approved",
    )
    execute(move.format(ANOTHER))

    assert Activation.objects.get(pk=large.pk).approved_by.username == "other"


def test_an_approval_is_never_rewritten(waiting):
    activations.approve(waiting, by=User.objects.get(username="other"))

    refused("UPDATE segments_activation SET approved_by_id = NULL", match="is refused")
    refused(
        "UPDATE segments_activation SET approved_by_id = (SELECT id FROM cdp_user WHERE username = 'third')",
        match="is refused",
    )
    refused("UPDATE segments_activation SET requested_by_id = NULL", match="of what is approved only")
    execute("UPDATE segments_activation SET state = 'cancelled'")
    refused("UPDATE segments_activation SET approved_by_id = NULL", match="is refused")

    assert Activation.objects.get().approved_by.username == "other"


# --- Who goes -----------------------------------------------------------------------------------------------------


def deliver(activation: Activation, count: int, outcome: str = "sent") -> None:
    execute(
        "INSERT INTO segments_deliveredperson (activation_id, profile, outcome, reason) "
        "SELECT %s, gen_random_uuid(), %s, '' FROM generate_series(1, %s)",
        [activation.pk, outcome, count],
    )


def test_nobody_is_written_down_as_sent_before_the_approval_or_after_the_run(waiting):
    late = "while an approved activation runs"
    with pytest.raises(Error, match=late), transaction.atomic():
        deliver(waiting, 1)

    activations.run(activations.approve(waiting, by=User.objects.get(username="other")))

    with pytest.raises(Error, match=late), transaction.atomic():
        deliver(waiting, 1)
    assert DeliveredPerson.objects.count() == 2


@pytest.mark.parametrize(
    ("people", "told", "match"),
    [
        ({"sent": 501}, 501, "segments_activation_approved"),
        ({"sent": 400, "left_out": 101}, 500, "500 members are not those written down"),
        ({"sent": 3}, 2, "2 members are not those written down"),
        ({}, 1, "1 members are not those written down"),
    ],
)
def test_a_run_without_a_second_person_ends_with_those_written_down_and_no_more_than_five_hundred(
    monkeypatch, people, told, match
):
    asked = activations.request(segment=computed(DANES), destination=destination(consents.purpose()), by=user())
    assert (asked.state, asked.approved_by) == ("approved", None)
    for outcome, count in people.items():
        deliver(asked, count, outcome)

    refused("UPDATE segments_activation SET state = 'done', members = %s", [told], match=match)

    assert value("SELECT state FROM segments_activation") == "approved"


def test_five_hundred_go_without_a_second_person_and_those_taken_back_are_no_members():
    asked = activations.request(segment=computed(DANES), destination=destination(consents.purpose()), by=user())
    deliver(asked, 499)
    deliver(asked, 1, "left_out")
    deliver(asked, 7, "removed")

    execute("UPDATE segments_activation SET state = 'done', members = 500")

    assert Activation.objects.get().state == "done"
