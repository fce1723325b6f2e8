"""What a partner tells of people whom we know: beside our own values, never over them, and never joining two."""

import pytest

from consents.models import Suppression
from partners.agreements.lifecycle import NewTermLine
from partners.inbound import receive
from partners.models import InboundFile
from profiles import records
from profiles.identity import resolve
from profiles.models import (
    FileImport,
    GoldenValue,
    Identifier,
    Namespace,
    Rejection,
    SharedIdentifier,
    Source,
    SourceIdentity,
)
from profiles.values.lookup import blind_raw
from tests.at_once import at_once
from tests.builders import days_ago, source
from tests.partners.building import partner, purpose
from tests.partners.inbound.receiving import counts, golden, incoming, loaded, received, table
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


# --- Beside what we know ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("party", [0, 1])
def test_a_partners_value_never_stands_over_our_own(party):
    own = source("crm", party=party, trust=1)
    anna = person(source=own, external_id="C1", city="Odense", email="anna@example.dk", verified=True)
    version = incoming()

    loaded(version, table("M1,anna@example.dk,Aarhus,gold,38"))
    joined = SourceIdentity.objects.get(source__code="partner-nordic-air").profile

    assert joined.pk == anna.pk
    assert golden(anna) == {"city": "Odense", "loyalty_tier": "gold"}
    assert GoldenValue.objects.get(profile=anna, attribute__code="city").candidates == 2


def test_keys_of_one_row_that_point_at_two_people_hold_the_row():
    lines = [NewTermLine(code, purpose(), direction="in") for code in ("email", "phone", "city")]
    version = incoming(lines=lines)
    anna, bo = person(email="anna@example.dk", verified=True), person(phone="+4520123456", verified=True)
    spec = {"external_id": "member", "identifiers": {"email": "email", "phone": "phone"}, "traits": {"city": "city"}}

    file_import = loaded(
        version,
        table(
            "M1,anna@example.dk,+4520123456,Odense",
            "M2,new@example.dk,+4520999999,Vejle",
            header="member,email,phone,city",
        ),
        spec=spec,
    )

    assert counts(file_import) == (1, 0, 0, 1)
    assert list(Rejection.objects.values_list("row_number", "code")) == [(2, "keys_disagree")]
    assert anna.pk != bo.pk and {SourceIdentity.objects.get(pk=one.pk).profile_id for one in (anna, bo)} == {
        anna.pk,
        bo.pk,
    }
    assert SourceIdentity.objects.filter(source__code="partner-nordic-air").count() == 1


def test_a_row_that_would_move_a_known_member_to_another_person_is_held():
    version = incoming()
    anna, bo = (person(email=f"{name}@example.dk", verified=True) for name in ("anna", "bo"))
    loaded(version, table("M1,anna@example.dk,Odense,gold,38"))

    file_import = loaded(version, table("M1,bo@example.dk,Odense,gold,38"))

    assert counts(file_import) == (0, 0, 0, 1)
    assert {SourceIdentity.objects.get(pk=one.pk).profile_id for one in (anna, bo)} == {anna.pk, bo.pk}


def test_a_mailbox_that_is_private_no_longer_holds_nobody():
    version = incoming()
    for name in ("Anna", "Bo"):
        person(email="home@example.dk", first_name=name)
    email = Namespace.objects.get(code="email")
    private = SharedIdentifier.objects.create(
        namespace=email, blind=blind_raw(email, "home@example.dk"), verdict="private", expires_at=days_ago(-1)
    )

    assert counts(loaded(version, table("M1,home@example.dk,Odense,gold,38"))) == (0, 0, 0, 1)
    private.expires_at = days_ago(1)
    private.save()
    assert counts(loaded(version, table("M2,home@example.dk,Odense,gold,38"))) == (1, 0, 0, 0)


def test_a_shared_mailbox_holds_nobody():
    version = incoming()
    one, _other = (person(email="info@example.dk", first_name=name) for name in ("Anna", "Bo"))
    email = Namespace.objects.get(code="email")
    blind = Identifier.objects.filter(identity=one.pk, namespace=email).first().blind
    SharedIdentifier.objects.filter(namespace=email, blind=blind).first() or SharedIdentifier.objects.create(
        namespace=email, blind=blind, verdict="shared"
    )

    assert counts(loaded(version, table("M1,info@example.dk,Odense,gold,38"))) == (1, 0, 0, 0)


def test_an_erased_person_is_not_made_again_and_nobody_learns_why():
    version = incoming()
    email = Namespace.objects.get(code="email")
    Suppression.objects.create(namespace=email, blind=blind_raw(email, "anna@example.dk"), reason="erasure")

    file_import = loaded(version, table("M1,Anna@Example.dk,Odense,gold,38", "M2,bo@example.dk,Aarhus,silver,44"))

    assert counts(file_import) == (1, 0, 0, 1)
    assert list(Rejection.objects.values_list("row_number", "column", "code", "detail")) == [
        (2, "member", "not_accepted", "This row was not accepted.")
    ]
    assert SourceIdentity.objects.count() == 1


def test_our_own_data_is_not_held_back_by_the_gate():
    anna, bo = person(email="anna@example.dk", verified=True), person(phone="+4520123456", verified=True)

    written = records.write(
        source=source("till"),
        people=[records.Person("T1", [("email", "anna@example.dk", True), ("phone", "+4520123456", True)])],
    )

    assert written.people[0].state == "new"
    assert resolve(identities=written.touched).profiles & {anna.pk, bo.pk}


# --- The partner as a source --------------------------------------------------------------------------------------


def test_a_partner_is_one_source_with_numbers_of_its_own():
    club = partner("sports-club", country="SE")

    one, same = receive.source_of(club), receive.source_of(club)

    assert one == same and Source.objects.filter(party=2).count() == 1
    assert (one.code, one.party, one.default_country) == ("partner-sports-club", 2, "SE")
    assert one.namespace.code == "partner-sports-club-no" and one.namespace.role == "evidence"


@pytest.mark.parametrize("fields", [{"party": 1}, {"party": 2}])
def test_a_source_that_was_made_for_something_else_is_not_taken_over(fields):
    club = partner("sports-club")
    source("partner-sports-club", **fields)

    with pytest.raises(receive.NotThePartners, match="partner-sports-club"):
        receive.source_of(club)


@pytest.mark.django_db(transaction=True)
def test_a_partners_first_file_sent_twice_at_once_is_received_once():
    version, content = incoming(), table("M1,anna@example.dk,Aarhus,gold,38")
    purpose()

    receipts = at_once(*[lambda: received(version, content).pk] * 4)

    assert len(set(receipts)) == 1
    assert (InboundFile.objects.count(), FileImport.objects.count()) == (1, 1)
    assert Source.objects.filter(party=2).count() == 1


def test_partners_whose_keys_begin_alike_are_two_sources():
    danish, swedish = (partner(f"scandinavian-airlines-loyalty-club-{country}") for country in ("dk", "se"))

    sources = [receive.source_of(one) for one in (danish, swedish, danish)]

    assert sources[0] == sources[2] and sources[0] != sources[1]
    assert sources[0].namespace != sources[1].namespace


def test_purposes_whose_keys_end_differently_keep_mappings_of_their_own():
    long = "offers_of_selected_partners_in_the_whole_of_the_nordic_"
    one, other = purpose(long + "one"), purpose(long + "two")
    lines = [NewTermLine("city", of, direction="in") for of in (one, other)]
    version = incoming(lines=lines, purposes=[one, other], number="An agreement with a number of its own 40")
    spec = {"external_id": "member", "traits": {"city": "city"}}

    files = [received(version, table("M1,a@example.dk,Odense,gold,38"), of=of, spec=spec) for of in (one, other)]

    assert files[0].file_import.mapping != files[1].file_import.mapping


def test_equal_member_numbers_of_two_partners_are_two_people():
    first, second = incoming(), incoming(to=partner("sports-club"))

    loaded(first, table("M1,anna@example.dk,Odense,gold,38"))
    loaded(second, table("M1,bo@example.dk,Aarhus,gold,38"))

    assert SourceIdentity.objects.values("profile").distinct().count() == 2
