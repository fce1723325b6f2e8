"""The demo goes through the doors, is the same for the same seed, and is whole."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q, Sum

from cdp.data import demo
from cdp.data.demo import load
from cdp.data.demo.fake_people import human
from cdp.operations import verify
from consents.models import Ledger
from partners.models import Agreement
from profiles.models import AccessEntry, Event, OrderLine, Profile, SourceIdentity
from segments.models import Segment
from tests.some import each

TODAY = date(2026, 11, 21)


def test_the_same_seed_gives_the_same_person():
    assert human(7, 12, TODAY) == human(7, 12, TODAY)
    assert human(7, 12, TODAY) != human(8, 12, TODAY)


def test_a_household_shares_an_address():
    people = [human(7, number, TODAY) for number in range(400)]
    sharing = [person for person in people if person.peculiarity == "shares_email" and _lives_alone(people, person)]

    assert all(person.email == people[person.number - 1].email for person in each(sharing))


def _lives_alone(people, person):
    """The neighbour did not borrow an address too."""
    return people[person.number - 1].peculiarity != "shares_email"


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    """A small demo that all tests of this module look at."""
    from tests.conftest import empty_everything

    with django_db_blocker.unblock():
        load.fill(people=120, events=600, seed=7)
        yield
        empty_everything()


@pytest.fixture
def filled(company, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def test_everything_of_the_demo_is_there(filled):
    assert Profile.objects.living().count() >= 100
    assert SourceIdentity.objects.count() > Profile.objects.count()
    assert Event.objects.count() > 300
    assert Ledger.objects.count() > 100
    assert dict(Agreement.objects.values_list("number", "state")) == {
        "DSA-2026-001": "active",
        "DSA-2026-002": "draft",
    }
    assert all(segment.members is not None for segment in each(Segment.objects.all()))


def test_each_order_of_the_demo_has_two_or_three_lines_that_sum_up_to_it(filled):
    orders = Event.objects.filter(name__name="Order Completed")
    counted = orders.annotate(count=Count("lines"), sum=Sum("lines__amount"))

    assert set(counted.values_list("count", flat=True)) == {2, 3}
    assert not counted.exclude(sum=F("amount")).exists()
    assert not OrderLine.objects.filter(Q(product_id=None) | Q(category=None)).exists()


def test_every_projection_of_the_demo_is_what_its_evidence_says(filled):
    assert set(verify.verify().values()) == {0}


def test_making_the_demo_opens_no_personal_value_for_anybody(filled):
    assert not AccessEntry.objects.exclude(actor=None).exists()


def test_a_second_demo_is_refused(filled):
    with pytest.raises(CommandError, match="people already"):
        call_command("demo", people=10, events=10)


def test_the_demo_is_not_for_production(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="production"):
        call_command("demo", people=10, events=10)
    assert demo.welcome() == ""
