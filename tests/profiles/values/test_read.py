"""What is told of people is what stands, and only masks are told without a line in the access log."""

import pytest

from profiles.identity import steward_decisions
from profiles.models import AccessEntry
from profiles.values.reading import opened, shown
from tests.builders import days_ago, source
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


def test_an_address_that_was_replaced_is_told_no_more_though_it_was_verified():
    person(external_id="kd-17", email="planted@example.dk", verified=True, observed_at=days_ago(9))
    anna = person(external_id="kd-17", email="anna@new.dk")

    assert shown([anna.pk], ["email", "email_verified"])[anna.pk]["email"] == "a•••@new.dk"
    told = opened([anna.pk], ["email"], by=None, action="test", purpose="to see what stands")
    assert told == {anna.pk: {"email": "anna@new.dk"}}


def test_of_two_addresses_that_stand_the_verified_one_is_told():
    anna = person(external_id="kd-17", email="anna@example.dk", verified=True, observed_at=days_ago(9))
    other = person(source=source("till", namespace="loyalty_no"), email="planted@example.dk")
    steward_decisions.same(identity=anna.pk, other=other.pk, reason="one person", by=None)

    told = opened([anna.pk], ["email"], by=None, action="test", purpose="to see what is told")

    assert told == {anna.pk: {"email": "anna@example.dk"}}


def test_all_that_stands_is_told_masked_and_only_of_who_was_asked_for():
    anna = person(external_id="kd-17", email="anna@example.dk", first_name="Anna", country="DK")
    person(external_id="kd-18", email="planted@example.dk")

    assert shown([anna.pk]) == {
        anna.pk: {"country": "DK", "customer_no": "K•••", "email": "a•••@example.dk", "first_name": "A•••"}
    }
    assert not AccessEntry.objects.exists()


def test_opened_values_leave_one_line_for_them_all():
    anna = person(external_id="kd-17", email="anna@example.dk", first_name="Anna")

    opened([anna.pk], ["email", "first_name"], by=None, action="test", purpose="to see the log")

    entry = AccessEntry.objects.get()
    assert (entry.purpose, entry.fields, entry.count) == ("to see the log", ["email", "first_name"], 2)
