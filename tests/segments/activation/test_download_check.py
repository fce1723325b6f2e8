"""A file that was written leaves only while everybody in it may still go."""

import pytest

from cdp.base.database.sql import execute
from consents.models import Restriction
from consents.overrides import objections, suppressions
from consents.permission.decision import decide
from profiles.identity import steward_decisions
from profiles.models import AccessEntry
from segments.activation import activations, download_check
from segments.models import DeliveredPerson
from tests.builders import now, source, user
from tests.consents import building as consents
from tests.segments.building import DANES, computed, dane, destination

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    settings.KENDT_FILES = tmp_path


@pytest.fixture
def newsletter():
    return consents.purpose("newsletter")


@pytest.fixture
def people(newsletter):
    found = [dane(number) for number in range(3)]
    for one in found:
        consents.say(one, newsletter, channel="email", days_ago=1)
    return found


def written(newsletter, **options):
    asked = activations.request(segment=computed(DANES), destination=destination(newsletter, **options))
    return activations.run(asked)


def refused(one, name="people.csv") -> str:
    with pytest.raises(download_check.FileOutdated) as refusal:
        activations.download(one, name, by=user())
    assert (refusal.value.code, refusal.value.status) == ("file_outdated", 409)
    return str(refusal.value)


def downloads():
    return AccessEntry.objects.filter(action="activation_download").order_by("id")


def withdrawal(person, purpose, **said):
    consents.say(person, purpose, "ConsentWithdrawn", channel="email", **said)


def objection(person, purpose):
    objections.object_to(profile=person, purpose=purpose, source=source().code, source_event_id="o1")


def restriction(person, purpose):
    Restriction.objects.create(identity_ref=person, reason_code="accuracy", effective_at=now())


def bounce(person, purpose):
    suppressions.suppress(addresses=[("email", "person0@example.dk")], reason="hard_bounce")


def erased_shipment(person, purpose):
    execute("SET LOCAL kendt.erasing = 'on'")
    DeliveredPerson.objects.filter(profile=person).delete()


@pytest.mark.parametrize("since", [withdrawal, objection, restriction, bounce, erased_shipment])
def test_a_file_stays_here_once_a_person_in_it_may_not_go(newsletter, people, since):
    done = written(newsletter)
    assert activations.download(done, "people.csv", by=user())

    since(people[0], newsletter)

    assert refused(done).startswith("1 of the 3 people in this file may no longer be in it")
    assert downloads().count() == 1


def with_two_addresses(purpose):
    """A person who may be written to at the first of two addresses."""
    anna, same = dane(1), dane(2)
    steward_decisions.same(identity=anna, other=same, reason="one person", by=None)
    consents.say(anna, purpose, channel="email", contact=("email", "person1@example.dk"), days_ago=2)
    return anna


def test_a_file_stays_here_once_a_person_may_be_reached_only_at_another_address(newsletter):
    anna = with_two_addresses(newsletter)
    done = written(newsletter)
    assert b"person1@example.dk" in activations.download(done, "people.csv", by=user())

    withdrawal(anna, newsletter, contact=("email", "person1@example.dk"))
    consents.say(anna, newsletter, channel="email", contact=("email", "person2@example.dk"))

    assert decide(anna, purpose="newsletter", channel="email").allowed
    assert refused(done).startswith("1 of the 1 people")


def test_a_file_without_addresses_leaves_wherever_a_person_may_be_reached(newsletter):
    anna = with_two_addresses(newsletter)
    done = written(newsletter, names=("first_name",))

    withdrawal(anna, newsletter, contact=("email", "person1@example.dk"))
    consents.say(anna, newsletter, channel="email", contact=("email", "person2@example.dk"))

    assert activations.download(done, "people.csv", by=user()).count(b"Name") == 1


def test_the_same_address_said_again_keeps_nothing_back(newsletter):
    anna = dane(1, source=source("till"), external_id="T1")
    consents.say(anna, newsletter, channel="email", days_ago=2)
    done = written(newsletter)

    dane(1, source=source("till"), external_id="T1", verified=True, city="Odense")
    consents.say(anna, newsletter, channel="email", contact=("email", "person1@example.dk"))

    assert b"person1@example.dk" in activations.download(done, "people.csv", by=user())


def test_people_who_may_go_and_others_who_may_not_keep_nothing_back(newsletter, people):
    done = written(newsletter)
    withdrawal(dane(7), newsletter)
    consents.say(dane(8), newsletter, channel="email")

    assert activations.download(done, "people.csv", by=user()).count(b"@example.dk") == 3


def test_a_person_who_was_merged_since_is_asked_about_as_the_present_one(newsletter, people):
    done = written(newsletter, names=("first_name",))
    steward_decisions.same(identity=people[1], other=people[0], reason="one person", by=None)
    assert activations.download(done, "people.csv", by=user())

    withdrawal(people[1], newsletter)

    assert refused(done).startswith("2 of the 3 people")


def test_the_file_of_a_run_that_a_later_one_replaced_does_not_leave(newsletter, people):
    first = written(newsletter)
    other = activations.run(
        activations.request(segment=first.segment, destination=destination(newsletter, key="other"))
    )
    second = activations.run(activations.request(segment=first.segment, destination=first.destination))

    with pytest.raises(download_check.Superseded) as refusal:
        activations.download(first, "people.csv", by=user())

    assert (refusal.value.code, refusal.value.status) == ("file_superseded", 409)
    assert activations.download(second, "people.csv", by=user())
    assert activations.download(other, "people.csv", by=user())


def test_the_new_run_leaves_and_takes_back_whom_the_old_file_still_held(newsletter, people):
    first = written(newsletter)
    withdrawal(people[0], newsletter)
    refused(first)

    second = activations.run(activations.request(segment=first.segment, destination=first.destination))
    third = activations.run(activations.request(segment=first.segment, destination=first.destination))

    assert b"person0@" not in activations.download(third, "people.csv", by=user())
    assert b"person0@" in activations.download(second, "removals.csv", by=user())


def test_a_download_tells_of_whom_and_of_which_activation(newsletter, people):
    first = written(newsletter)
    withdrawal(people[0], newsletter)
    second = activations.run(activations.request(segment=first.segment, destination=first.destination))

    activations.download(second, "people.csv", by=user("taker"), request_id="r-1")
    activations.download(second, "removals.csv", by=user("taker2"))

    taken, back = downloads()
    assert (taken.actor_label, taken.identities, taken.count) == ("taker", sorted(people[1:]), 2)
    assert (back.actor_label, back.identities, back.count) == ("taker2", people[:1], 1)
    assert taken.purpose == f"Newsletter: seg to mail, activation {second.pk}"
    assert set(AccessEntry.objects.filter(action="activation_download", identities__contains=[people[0]])) == {back}
