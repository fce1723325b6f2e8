"""The decision to share: the agreement first, then each person."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consents.models import Objection, Restriction, Suppression
from partners.agreements import lifecycle
from partners.agreements.lifecycle import NewTermLine
from partners.models import Partner
from partners.sharing import decision
from partners.transfers import deliveries
from profiles.models import AccessEntry, Identifier, Namespace, Profile
from tests.builders import days_ago, source, user
from tests.partners.building import agreement, answer, drafted, end_now, members, partner, proposed, purpose
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


def decide(version, *, columns=("opaque_id", "city"), of=None, **asked):
    people = asked.pop("people", Profile.objects.living())
    return decision.decide(people, agreement=version.agreement, purpose=of or purpose(), columns=columns, **asked)


def codes(ruling) -> list[str]:
    return [denial.code for denial in ruling.denials]


# --- The agreement ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [drafted, proposed])
def test_what_is_not_signed_is_no_agreement(build):
    assert codes(decide(build())) == ["no_agreement"]


def test_what_begins_tomorrow_is_not_in_force():
    assert codes(decide(agreement(valid_from=date.today() + timedelta(days=2)))) == ["not_in_force"]


def test_until_its_end_is_allowed_and_from_then_on_not():
    version = agreement()
    members(1)
    assert decide(version).is_allowed

    end_now(version)

    assert codes(decide(version)) == ["not_in_force"]


def test_a_suspended_agreement_shares_nothing():
    version = agreement()
    lifecycle.suspend(version.agreement, by=user(), reason="A leak.")

    assert codes(decide(version)) == ["suspended"]


def test_a_suspended_partner_is_sent_nothing():
    version = agreement()
    members(1)
    other = Partner.objects.get(pk=version.agreement.partner_id)
    other.status = "suspended"
    other.save()

    ruling = decide(version)

    assert (codes(ruling), ruling.allowed) == (["suspended"], {})


def test_another_purpose_is_not_agreed():
    assert codes(decide(agreement(), of=purpose("lookalike"))) == ["purpose_not_agreed"]


def test_a_field_outside_the_terms_is_named():
    ruling = decide(agreement(), columns=["opaque_id", "birth_date", "email"])

    assert [(denial.code, denial.column) for denial in ruling.denials] == [
        ("field_not_agreed", "birth_date"),
        ("field_not_agreed", "email"),
    ]
    assert "birth_date" in ruling.denials[0].sentence


def test_a_field_agreed_for_one_purpose_is_not_agreed_for_another():
    offers, statistics = purpose(), purpose("statistics")
    version = agreement(
        purposes=[offers, statistics], lines=[NewTermLine("city", offers), NewTermLine("country", statistics)]
    )
    members(1)

    assert codes(decide(version, columns=["country"])) == ["field_not_agreed"]


def test_a_field_agreed_in_bands_is_not_shared_in_clear():
    version = agreement(lines=[NewTermLine("birth_date", purpose(), form="bucketed")])
    members(1)

    assert codes(decide(version, columns=["birth_date"])) == ["form_not_allowed"]
    assert decide(version, columns=["birth_date:bucketed"]).is_allowed


def test_a_field_agreed_for_matching_does_not_stand_in_a_file():
    version = agreement(lines=[NewTermLine("email", purpose(), form="keyed_match")])

    assert codes(decide(version, columns=["email:keyed_match"])) == ["form_not_allowed"]


@pytest.mark.parametrize("agreed", ["in", "both"])
def test_what_only_comes_in_does_not_go_out(agreed):
    lines = [NewTermLine("city", purpose(), direction="in")]
    version = agreement(direction=agreed, lines=lines)

    assert codes(decide(version, columns=["city"])) == (["wrong_direction"] if agreed == "in" else ["field_not_agreed"])


def test_a_partner_that_moved_out_of_the_eea_needs_a_transfer_tool():
    version = agreement()
    other = Partner.objects.get(pk=version.agreement.partner_id)
    other.country = "US"
    other.save()

    assert codes(decide(version)) == ["transfer_tool_missing"]


def test_a_group_that_is_too_small_is_not_shared():
    version = agreement(min_cohort=3)
    members(2)
    person()

    ruling = decide(version)

    assert codes(ruling) == ["cohort_too_small"]
    assert (ruling.planned, len(ruling.allowed), dict(ruling.left_out)) == (3, 2, {"consent_missing": 1})


def test_more_rows_than_agreed_are_not_shared():
    version = agreement(
        lines=[NewTermLine("city", purpose(), max_rows=2), NewTermLine("country", purpose(), max_rows=9)]
    )
    members(3)

    assert codes(decide(version, columns=["city", "country"])) == ["too_many_rows"]
    assert decide(version, columns=["country"]).is_allowed


def test_exactly_the_smallest_group_and_the_largest_number_of_rows_are_shared():
    version = agreement(min_cohort=2, lines=[NewTermLine("city", purpose(), max_rows=2)])
    people = members(2)

    ruling = decide(version, columns=["city"])

    assert (codes(ruling), set(ruling.allowed)) == ([], {one.pk for one in people})


# --- The person ---------------------------------------------------------------------------------------------------


def test_each_person_who_is_left_out_has_a_reason():
    version = agreement()
    yes, withdrew, refused, objected, restricted, stranger = members(6)
    answer([withdrew], "ConsentWithdrawn")
    answer([refused], "ConsentRefused")
    elsewhere, silent = person(), person()
    answer([elsewhere], names=("Other Partner", "Third Partner"))
    Objection.objects.create(
        identity_ref=objected.pk,
        scope="purpose",
        purpose=purpose(),
        effective_at=days_ago(1),
        source=source(),
        source_event_id="o-1",
    )
    Restriction.objects.create(identity_ref=restricted.pk, reason_code="disputed", effective_at=days_ago(1))
    Profile.objects.filter(pk=stranger.pk).update(is_test=True)

    ruling = decide(
        version,
        people=[yes.pk, withdrew.pk, refused.pk, objected.pk, restricted.pk, stranger.pk, elsewhere.pk, silent.pk],
    )

    assert set(ruling.allowed) == {yes.pk}
    assert dict(ruling.left_out) == {
        "consent_withdrawn": 1,
        "consent_refused": 1,
        "objection": 1,
        "restricted": 1,
        "recipient_not_named": 1,
        "consent_missing": 1,
    }
    assert ruling.planned == 7


def test_an_objection_is_stronger_than_a_consent():
    version, (anna,) = agreement(), members(1)
    Objection.objects.create(
        identity_ref=anna.pk,
        scope="purpose",
        purpose=purpose(),
        effective_at=days_ago(9),
        source=source(),
        source_event_id="o-1",
    )

    assert dict(decide(version).left_out) == {"objection": 1}


def test_a_suppressed_address_keeps_the_person_at_home():
    version, (anna,) = agreement(), members(1, email="anna@example.dk")
    email = Namespace.objects.get(code="email")
    blind = Identifier.objects.get(identity=anna.pk, namespace=email).blind
    Suppression.objects.create(namespace=email, blind=blind, reason="legal")

    assert dict(decide(version).left_out) == {"suppressed": 1}


def test_the_consent_that_was_relied_on_is_told():
    version, (anna,) = agreement(), members(1)

    assert decide(version).allowed == {anna.pk: anna.consents.get().ledger_position}


def test_a_consent_that_names_one_partner_does_not_serve_another():
    first = agreement(to=partner("nordic-air"))
    other = agreement(to=partner("sports-club"))
    (anna,) = members(1)

    assert set(decide(first).allowed) == {anna.pk}
    assert dict(decide(other).left_out) == {"recipient_not_named": 1}


def test_silence_is_no_where_the_agreement_rests_on_consent():
    offers = purpose("service", basis="legitimate_interests")
    lines = [NewTermLine("city", offers)]
    asking = agreement(purposes=[offers], lines=lines)
    resting = agreement(purposes=[offers], lines=lines, legal_basis="legitimate_interests")
    anna = person(city="Aarhus")

    assert dict(decide(asking, of=offers, columns=["city"]).left_out) == {"consent_missing": 1}
    assert decide(resting, of=offers, columns=["city"]).allowed == {anna.pk: None}


def test_a_sample_is_masked_and_opens_nothing():
    version = agreement(lines=[NewTermLine("email", purpose()), NewTermLine("city", purpose())])
    people = [person(city="Aarhus", email=f"planted{number}@example.dk") for number in range(12)]
    answer(people)
    columns = ["email", "city"]
    ruling = decide(version, columns=columns)

    rows = deliveries.sample(ruling, agreement=version.agreement, purpose=purpose(), columns=columns)

    assert len(rows) == 10
    assert {tuple(row) for row in rows} == {("p•••@example.dk", "Aarhus")}
    assert not AccessEntry.objects.exists()


def test_the_number_of_statements_does_not_grow_with_people():
    version, counts = agreement(), []
    decide(version)
    for more in (1, 4):
        members(more)
        with CaptureQueriesContext(connection) as asked:
            decide(version)
        counts.append(len(asked))

    assert counts[0] == counts[1]
