"""What a source says is stored once, sealed where it is personal, and versions only what changes."""

import pytest

from profiles.models import GoldenValue, Identifier, Profile, Record, Subject, Trait
from tests.builders import days_ago, source
from tests.profiles.building import person, say

pytestmark = pytest.mark.django_db


def test_a_person_is_stored_with_identifiers_values_and_a_profile_of_their_own():
    anna = person(external_id="c-1", email="Anna@Example.dk", phone="20 12 34 56", first_name="Anna", city="Aarhus")

    subject = Subject.objects.get()
    assert subject.profile == anna and subject.pk == anna.pk
    assert set(Identifier.objects.values_list("namespace__code", flat=True)) == {"customer_no", "email", "phone"}
    golden = dict(GoldenValue.objects.values_list("attribute__code", "text"))
    assert golden == {"first_name": None, "city": "Aarhus"}


def test_two_sources_with_the_same_unverified_email_are_one_person():
    anna = person(external_id="c-1", email="anna@example.dk", first_name="Anna")
    again = person(source=source("till", namespace="loyalty_no"), external_id="L1", email="ANNA@example.dk ")

    assert again == anna
    assert Profile.objects.get().subject_count == 2
