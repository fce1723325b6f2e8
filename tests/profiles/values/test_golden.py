"""Which value stands, and by which rule."""

from decimal import Decimal

import pytest
from django.utils import timezone

from profiles import records
from profiles.identity import fold_expired, resolve, steward_decisions, verify
from profiles.models import Attribute, GoldenValue, Record, Source
from profiles.models.projection import Rule
from profiles.values import golden
from tests.builders import days_ago, guards_off, source, user
from tests.partners.inbound.receiving import incoming
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


def crm(**fields):
    return source("crm", **fields)


def shop(**fields):
    return source("shop", **fields)


def said(*, city, at=1, agreement_version=None, valid_until=None, **who):
    """The same customer as one source knows them, resolved."""
    party = who.pop("party", None)
    one = records.Person("C1", traits={"city": city}, observed_at=days_ago(at))
    written = records.write(
        people=[one], agreement_version=agreement_version, valid_until=valid_until, party=party, **who
    )
    resolve(identities=written.touched)
    return written.people[0]


def city():
    """(value, rule, number of candidates) of the one city that stands."""
    return GoldenValue.objects.values_list("text", "rule", "candidates").get(attribute__code="city")


def pin(value, **decision):
    record = Record.objects.get(traits__city=value)
    decision |= {"attribute": Attribute.objects.get(code="city"), "reason": "as the customer said", "by": user()}
    return steward_decisions.pin(record=record, **decision)


def test_a_single_value_stands_as_the_only_one():
    said(source=crm(), city="Aarhus")

    assert city() == ("Aarhus", Rule.ONLY, 1)


def test_of_one_source_the_latest_word_stands_whenever_it_arrives():
    said(source=crm(), city="Odense", at=2)
    said(source=crm(), city="Aarhus", at=9)

    assert city() == ("Odense", Rule.ONLY, 1)


def test_the_more_trusted_source_wins_over_the_more_recent():
    said(source=crm(trust=80), city="Aarhus", at=9)
    said(source=shop(), city="Odense", at=1)

    assert city() == ("Aarhus", Rule.TRUST, 2)


def test_between_equally_trusted_sources_the_more_recent_wins_by_source_time():
    said(source=crm(), city="Odense", at=1)
    said(source=shop(), city="Aarhus", at=9)

    assert city() == ("Odense", Rule.RECENT, 2)


def test_a_verified_value_wins_over_a_trusted_one():
    said(source=crm(trust=90), city="Aarhus")
    said(source=shop(trust=10, values_verified=True), city="Odense", at=9)

    assert city() == ("Odense", Rule.VERIFIED, 2)


def test_what_a_person_told_wins_while_it_is_fresh():
    said(source=crm(trust=90, values_verified=True), city="Aarhus")
    said(source=shop(party=0), city="Odense", at=364)

    assert city() == ("Odense", Rule.ZERO_PARTY, 2)


def test_what_a_person_told_long_ago_gives_way_and_is_found_by_the_nightly_fold():
    said(source=crm(trust=90, values_verified=True), city="Aarhus")
    said(source=shop(party=0), city="Odense", at=364)
    attribute = Attribute.objects.get(code="city")
    attribute.freshness_days = 30
    attribute.save()

    assert fold_expired() == 1

    assert city() == ("Aarhus", Rule.VERIFIED, 2)
    assert fold_expired() == 0


def freshness(days):
    attribute = Attribute.objects.get(code="city")
    attribute.freshness_days = days
    attribute.save()


def licence_ends(value):
    with guards_off("profiles_record"):
        Record.objects.filter(traits__city=value).update(valid_until=days_ago(1))


def trusted(trust):
    one = Source.objects.get(code="shop")
    one.trust = trust
    one.save()


LAPSES = {
    "a winner gives way, though another key decided": (
        [({"party": 0, "values_verified": True}, 40), ({"party": 0}, 9)],
        ("first", Rule.VERIFIED, 2),
        lambda: freshness(30),
        ("second", Rule.ZERO_PARTY, 2),
    ),
    "a runner-up is no longer fresh": (
        [({"party": 0}, 9), ({"party": 0}, 40)],
        ("first", Rule.RECENT, 2),
        lambda: freshness(30),
        ("first", Rule.ZERO_PARTY, 2),
    ),
    "the licence of a runner-up ends": (
        [({}, 9), ({"party": 2}, 9)],
        ("first", Rule.PARTY, 2),
        lambda: licence_ends("second"),
        ("first", Rule.ONLY, 1),
    ),
    "the licence of the winner ends": (
        [({"party": 2}, 9), ({"party": 2}, 40)],
        ("first", Rule.RECENT, 2),
        lambda: licence_ends("first"),
        ("second", Rule.ONLY, 1),
    ),
    "another source is trusted more": (
        [({}, 9), ({}, 40)],
        ("first", Rule.RECENT, 2),
        lambda: trusted(90),
        ("second", Rule.TRUST, 2),
    ),
}


@pytest.mark.parametrize("case", LAPSES)
def test_whatever_changes_what_stands_without_a_new_word_is_found_by_the_nightly_fold(case):
    words, before, lapse, after = LAPSES[case]
    terms = {2: {"agreement_version": incoming().pk}}
    for value, build, (fields, at) in zip(["first", "second"], [crm, shop], words, strict=True):
        said(source=build(**fields), city=value, at=at, **terms.get(fields.get("party"), {}))
    assert city() == before

    lapse()

    assert (fold_expired(), city(), fold_expired()) == (1, after, 0)
    assert verify.verify()["golden_values"] == 0


def test_what_a_person_told_long_ago_is_nearer_than_what_a_trusted_source_saw():
    said(source=crm(trust=90), city="Aarhus")
    said(source=shop(party=0, trust=1), city="Odense", at=900)

    assert city() == ("Odense", Rule.PARTY, 2)


def test_borrowed_data_never_overwrites_our_own_even_if_verified():
    said(source=crm(trust=1), city="Aarhus", at=900)
    said(source=shop(trust=100, values_verified=True, party=2), city="Odense", agreement_version=incoming().pk)

    assert city() == ("Aarhus", Rule.PARTY, 2)


def test_a_partners_value_stands_until_its_licence_ends():
    until = timezone.now() + timezone.timedelta(days=1)
    version = incoming().pk
    outcome = said(source=shop(party=2), city="Odense", agreement_version=version, valid_until=until)
    assert city() == ("Odense", Rule.ONLY, 1)
    said(source=crm(), city="Aarhus", at=900)

    said(source=shop(party=2), city="Odense", agreement_version=version, valid_until=days_ago(1))

    assert city() == ("Aarhus", Rule.ONLY, 1)
    assert Record.objects.filter(identity=outcome.identity, traits__city="Odense").count() == 2


def test_exact_equals_are_decided_by_the_source_code():
    moment = days_ago(1)
    for one in (shop(), crm()):
        records.write(source=one, people=[records.Person("C1", traits={"city": one.code}, observed_at=moment)])
    resolve(identities=Record.objects.values_list("identity", flat=True))

    assert city() == ("crm", Rule.TIE, 2)


def test_a_pin_stands_against_everything_and_against_a_later_word_of_its_own_source():
    said(source=crm(), city="Aarhus", at=9)
    said(source=shop(party=0), city="Odense")
    assert city() == ("Odense", Rule.ZERO_PARTY, 2)

    decision = pin("Aarhus")
    assert city() == ("Aarhus", Rule.PIN, 2)
    said(source=crm(), city="Ribe")

    assert city() == ("Aarhus", Rule.PIN, 3)
    steward_decisions.withdraw(decision=decision, reason="moved", by=None)
    assert city() == ("Odense", Rule.ZERO_PARTY, 2)


def test_a_pin_ends_at_its_time():
    said(source=crm(), city="Aarhus", at=9)
    said(source=shop(), city="Odense")

    pin("Aarhus", expires_at=days_ago(1))

    assert city() == ("Odense", Rule.RECENT, 2)


def test_a_pin_that_has_expired_is_withdrawn_once():
    said(source=crm(), city="Aarhus", at=9)
    said(source=shop(), city="Odense")
    decision = pin("Aarhus", expires_at=days_ago(1))

    assert (fold_expired(), fold_expired()) == (1, 0)

    withdrawn = decision.withdrawn_by.values_list("kind", "reason", "decided_by")
    assert list(withdrawn) == [("withdrawn", "expired", None)]
    assert city() == ("Odense", Rule.RECENT, 2)


def test_a_pin_that_expires_later_is_left_to_stand():
    said(source=crm(), city="Aarhus", at=9)
    said(source=shop(), city="Odense")
    pin("Aarhus", expires_at=timezone.now() + timezone.timedelta(hours=1))

    assert (fold_expired(), city()) == (0, ("Aarhus", Rule.PIN, 2))


def test_an_explanation_tells_numbers_with_all_their_digits():
    anna = person(external_id="C1", loyalty_points="12345678901234.123456")

    told = golden.explain(profile=anna.pk, attribute="loyalty_points")

    assert told["winner"]["value"] == Decimal("12345678901234.123456")


def test_the_later_of_two_pins_stands():
    said(source=crm(), city="Aarhus", at=9)
    said(source=shop(), city="Odense")
    pin("Aarhus")
    pin("Odense")

    assert city() == ("Odense", Rule.PIN, 2)


def test_every_type_of_open_value_is_copied_and_a_sealed_one_is_not():
    person(
        external_id="C1", first_name="Anna", city="Aarhus", loyalty_points="12.5", birth_date="1980-05-04",
        interests=["tea", "bread"],
    )  # fmt: skip

    found = {
        one.attribute.code: (one.text, one.number, one.date and one.date.isoformat(), one.items)
        for one in GoldenValue.objects.select_related("attribute")
    }
    assert found == {
        "first_name": (None, None, None, None),
        "city": ("Aarhus", None, None, None),
        "loyalty_points": (None, 12.5, None, None),
        "birth_date": (None, None, "1980-05-04", None),
        "interests": (None, None, None, ["bread", "tea"]),
    }


def test_an_explanation_names_the_winner_the_rule_and_all_it_beat():
    outcome = said(source=crm(trust=80), city="Aarhus", at=9)
    said(source=shop(), city="Odense")

    told = golden.explain(profile=outcome.identity, attribute="city")

    assert told["rule"] == Rule.TRUST
    assert [(one["source"], one["value"]) for one in told["candidates"]] == [("crm", "Aarhus"), ("shop", "Odense")]
    assert told["winner"] == told["candidates"][0]
    assert golden.explain(profile=outcome.identity, attribute="street") is None


def test_an_explanation_of_a_sealed_attribute_tells_no_value():
    anna = person(external_id="C1", first_name="Annabella")

    told = golden.explain(profile=anna.pk, attribute="first_name")

    assert (told["winner"]["sealed"], told["winner"]["value"]) == (True, None)
    assert "Annabella" not in str(told)


def test_folding_again_what_did_not_change_touches_no_profile():
    anna = person(external_id="C1", first_name="Anna", city="Aarhus")

    assert golden.fold(profiles={anna.pk}) == 0
    assert golden.stale(profiles=[anna.pk]) == []
