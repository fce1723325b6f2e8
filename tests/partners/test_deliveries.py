"""What leaves the house: exactly those who may, with evidence of each."""

import csv
import io

import pytest

from partners import deliveries
from partners.models import DisclosureEntry, DisclosureLink
from partners.pseudonyms import tokens
from tests.builders import user
from tests.partners.building import agreement, answer, delivered, members, purpose
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


def rows_of(delivery) -> list[dict]:
    return list(csv.DictReader(io.StringIO(deliveries.download(delivery, by=user()).decode())))


def test_a_delivery_holds_exactly_those_who_may_be_shared():
    version = agreement()
    yes = members(3)
    withdrawn = members(2)
    answer(withdrawn, "ConsentWithdrawn")
    answer([person(city="Odense")], names=("Somebody Else",))
    person(city="Vejle")

    delivery = delivered(version)

    expected = tokens([one.pk for one in yes], agreement=version.agreement_id, purpose=purpose().pk)
    assert {row["opaque_id"]: row["city"] for row in rows_of(delivery)} == dict.fromkeys(expected.values(), "Aarhus")
    assert delivery.left_out == {"consent_withdrawn": 2, "recipient_not_named": 1, "consent_missing": 1}
    assert (delivery.planned, delivery.sent, delivery.manifest["rows"]) == (7, 3, 3)
    assert set(DisclosureLink.objects.values_list("subject_ref", flat=True)) == {one.pk for one in yes}
    assert set(DisclosureEntry.objects.values_list("pseudonym", flat=True)) == set(expected.values())
