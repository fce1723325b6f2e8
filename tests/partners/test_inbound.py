"""What partners send: only under an agreement in force, only what it lets in, and never over what we know ourselves."""

import gzip
import io
from uuid import UUID

import pytest

from consents.models import Suppression
from partners import agreements, inbound, intake
from partners.agreements import Line
from partners.deliveries import NotPermitted
from partners.models import InboundFile
from profiles import facts, resolution
from profiles.imports import refusals, runs
from profiles.models import (
    Batch,
    GoldenValue,
    Identifier,
    Namespace,
    Profile,
    Record,
    Rejection,
    SharedIdentifier,
    Source,
    Subject,
    Trait,
)
from profiles.vault import blind_raw
from tests.builders import source, user
from tests.partners.building import agreement, approve_twice, drafted, partner, purpose
from tests.profiles.building import person

pytestmark = pytest.mark.django_db

HEADER = "member,email,city,tier,shoe_size"
SPEC = {"external_id": "member", "identifiers": {"email": "email"}, "traits": {"city": "city", "loyalty_tier": "tier"}}


def incoming(**fields):
    """An agreement under which e-mail, city and tier may come in."""
    lines = [Line(code, purpose(), direction="in") for code in ("email", "city", "loyalty_tier")]
    return agreement(**({"lines": lines, "direction": "in"} | fields))


def table(*rows: str, header: str = HEADER) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


def received(version, content: bytes, *, name="members.csv", of=None, spec=SPEC, **declared) -> InboundFile:
    return inbound.receive(
        agreement=version.agreement,
        purpose=of or purpose(),
        file=io.BytesIO(content),
        file_name=name,
        by=user(),
        spec=spec,
        declared=declared or None,
    )


def loaded(version, content: bytes, **asked) -> Batch:
    batch = received(version, content, **asked).batch
    runs.start(batch=batch)
    return runs.run(batch=batch)


def golden(profile) -> dict:
    return dict(GoldenValue.objects.filter(profile=profile).values_list("attribute__code", "text"))


def counts(batch) -> tuple:
    return batch.rows_new, batch.rows_updated, batch.rows_unchanged, batch.rows_rejected


# --- Under an agreement -------------------------------------------------------------------------------------------


def test_a_partners_values_are_second_party_under_their_agreement():
    version = incoming()

    batch = loaded(version, table("M1,anna@example.dk,Odense,gold,38", "M2,bo@example.dk,Aarhus,silver,44"))

    assert (batch.state, counts(batch)) == ("done", (2, 0, 0, 0))
    records = Record.objects.values_list("party", "terms", "source__party")
    assert set(records) == {(2, version.pk, 2)} and len(records) == 2


@pytest.mark.parametrize("build", [drafted, lambda: agreement(direction="out")])
def test_without_an_agreement_that_lets_in_nothing_is_stored(build):
    with pytest.raises(NotPermitted) as refusal:
        received(build(), table("M1,anna@example.dk,Odense,gold,38"))

    assert refusal.value.code in {"no_agreement", "wrong_direction"}
    assert (Batch.objects.count(), InboundFile.objects.count(), Subject.objects.count()) == (0, 0, 0)


def test_another_purpose_is_refused():
    with pytest.raises(NotPermitted) as refusal:
        received(incoming(), table("M1,anna@example.dk,Odense,gold,38"), of=purpose("statistics"))

    assert refusal.value.code == "purpose_not_agreed"


def test_an_agreement_that_was_suspended_since_stops_the_load():
    version = incoming()
    batch = received(version, table("M1,anna@example.dk,Odense,gold,38")).batch
    agreements.suspend(version.agreement, by=user(), reason="A leak.")

    with pytest.raises(intake.NotUnderAgreement, match="A leak"):
        runs.start(batch=batch)
    assert not Subject.objects.exists()


def test_a_suspension_in_the_middle_of_a_load_stops_it_at_the_next_block():
    version = incoming()
    batch = received(version, table("M1,anna@example.dk,Odense,gold,38")).batch
    runs.start(batch=batch)
    agreements.suspend(version.agreement, by=user(), reason="A leak.")

    with pytest.raises(intake.NotUnderAgreement):
        runs.run(batch=batch)
    batch.refresh_from_db()
    assert (batch.state, Subject.objects.count()) == ("failed", 0)
    assert "A leak" in batch.error


def test_a_newer_version_judges_a_file_that_came_under_the_old_one():
    version = incoming()
    batch = received(version, table("M1,anna@example.dk,Odense,gold,38")).batch
    second = agreements.new_version(version.agreement, by=user())
    approve_twice(agreements.propose(second, by=second.author))
    agreements.activate(second, by=user(superuser=True))

    with pytest.raises(intake.NotUnderAgreement, match="newer version"):
        runs.start(batch=batch)


def test_second_party_data_enters_by_no_other_door():
    version = incoming()
    shop = source("club", party=2)
    batch = runs.propose(
        file=io.BytesIO(table("M1,anna@example.dk,Odense,gold,38")),
        file_name="x.csv",
        source=shop,
        by=user(),
        terms=version.pk,
    )
    runs.describe(batch=batch, mapping=runs.remember_mapping(source=shop, name="x", rows="customers", spec=SPEC))

    with pytest.raises(inbound.NotAPartnersImport):
        runs.start(batch=batch)


@pytest.mark.parametrize(
    ("person", "match"),
    [
        (facts.Person("M1", [], {"birth_date": "1980-01-01"}), "birth_date"),
        (facts.Person("M1", [("phone", "+4520123456", False)], {}), "phone"),
    ],
)
def test_the_writer_itself_refuses_a_field_outside_the_terms(person, match):
    version = incoming()

    with pytest.raises(intake.NotUnderAgreement, match=match):
        facts.write(source=source("club", party=2), people=[person], terms=version.pk)


def test_the_writer_itself_refuses_unknown_terms():
    with pytest.raises(intake.NotUnderAgreement, match="no such agreement"):
        facts.write(source=source("club", party=2), people=[facts.Person("M1")], terms=UUID(int=7))


# --- Of it only what is agreed ------------------------------------------------------------------------------------


def test_columns_that_are_not_agreed_are_dropped_and_listed():
    version = incoming(lines=[Line("city", purpose(), direction="in"), Line("email", purpose(), direction="out")])

    one = received(version, table("M1,anna@example.dk,Odense,planted-gold,38"))
    runs.start(batch=one.batch)
    runs.run(batch=one.batch)

    assert one.dropped_columns == ["email", "tier", "shoe_size"]
    assert set(Trait.objects.values_list("attribute__code", flat=True)) == {"city"}
    assert set(Identifier.objects.values_list("namespace__code", flat=True)) == {"partner-nordic-air-no"}


def test_columns_are_found_by_name_in_any_order():
    version = incoming()

    loaded(version, table("Odense,gold,M1,anna@example.dk", header="city,tier,member,email"))

    assert set(Trait.objects.values_list("attribute__code", "text")) == {("city", "Odense"), ("loyalty_tier", "gold")}


def test_a_missing_column_is_refused_before_any_row():
    version = incoming()
    batch = received(version, table("M1,anna@example.dk,Odense", header="member,email,city")).batch

    with pytest.raises(Exception, match="tier"):
        runs.start(batch=batch)
    assert not Subject.objects.exists()


def test_a_file_without_the_partners_own_number_is_refused():
    with pytest.raises(inbound.NoExternalId):
        received(incoming(), table("M1,anna@example.dk,Odense,gold,38"), spec={"traits": {"city": "city"}})
    assert not Batch.objects.exists()


def test_a_mapping_that_was_given_once_serves_the_next_file():
    version = incoming()
    loaded(version, table("M1,anna@example.dk,Odense,gold,38"))

    again = received(version, table("M2,bo@example.dk,Aarhus,silver,44"), spec=None)

    assert again.batch.mapping.spec == SPEC


def test_bytes_of_another_encoding_are_refused_with_their_place():
    content = table("M1,anna@example.dk,Ærø,gold,38").replace("Ærø".encode(), "Ærø".encode("cp1252"))

    with pytest.raises(refusals.Undecodable) as refusal:
        received(incoming(), content, encoding="utf-8")

    assert {"offset", "row", "encoding"} <= refusal.value.facts.keys()
    assert (Batch.objects.count(), Subject.objects.count()) == (0, 0)


def test_a_byte_order_mark_does_not_hide_the_first_column():
    batch = loaded(incoming(), b"\xef\xbb\xbf" + table("M1,anna@example.dk,Odense,gold,38"))

    assert counts(batch) == (1, 0, 0, 0)


def test_an_unbalanced_quote_refuses_the_file():
    with pytest.raises(refusals.UnbalancedQuote):
        received(incoming(), table('M1,anna@example.dk,"Odense,gold,38', "M2,bo@example.dk,Aarhus,silver,44"))


def test_a_packed_bomb_is_stopped():
    bomb = gzip.compress(table(*["M1,anna@example.dk,Odense,gold,38"] * 200_000))

    with pytest.raises(refusals.Bomb):
        received(incoming(), bomb, name="members.csv.gz")


def test_the_same_file_gives_the_first_receipt_and_changes_nothing():
    version, content = incoming(), table("M1,anna@example.dk,Odense,gold,38")
    first = received(version, content)
    runs.start(batch=first.batch)
    runs.run(batch=first.batch)
    before = (Batch.objects.count(), Record.objects.count())

    again = received(version, content, name="renamed.csv")

    assert again == first
    assert (Batch.objects.count(), Record.objects.count()) == before


def test_the_same_rows_in_another_file_change_nothing():
    version = incoming()
    loaded(version, table("M1,anna@example.dk,Odense,gold,38", "M2,bo@example.dk,Aarhus,silver,44"))
    records = Record.objects.count()

    batch = loaded(version, table("M2,bo@example.dk,Aarhus,silver,44", "M1,anna@example.dk,Odense,gold,38"))

    assert (counts(batch), Record.objects.count()) == ((0, 0, 2, 0), records)


def test_the_last_word_of_a_file_stands():
    version = incoming()

    loaded(version, table("M1,anna@example.dk,Odense,gold,38", "M1,anna@example.dk,Odense,silver,38"))

    assert {values["loyalty_tier"] for one in Profile.objects.all() if (values := golden(one))} == {"silver"}


# --- Beside what we know ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("party", [0, 1])
def test_a_partners_value_never_stands_over_our_own(party):
    own = source("crm", party=party, trust=1)
    anna = person(source=own, external_id="C1", city="Odense", email="anna@example.dk", verified=True)
    version = incoming()

    loaded(version, table("M1,anna@example.dk,Aarhus,gold,38"))
    joined = Subject.objects.get(source__code="partner-nordic-air").profile

    assert joined.pk == anna.pk
    assert golden(anna) == {"city": "Odense", "loyalty_tier": "gold"}
    assert GoldenValue.objects.get(profile=anna, attribute__code="city").candidates == 2


def test_keys_of_one_row_that_point_at_two_people_hold_the_row():
    lines = [Line(code, purpose(), direction="in") for code in ("email", "phone", "city")]
    version = incoming(lines=lines)
    anna, bo = person(email="anna@example.dk", verified=True), person(phone="+4520123456", verified=True)
    spec = {"external_id": "member", "identifiers": {"email": "email", "phone": "phone"}, "traits": {"city": "city"}}

    batch = loaded(
        version,
        table(
            "M1,anna@example.dk,+4520123456,Odense",
            "M2,new@example.dk,+4520999999,Vejle",
            header="member,email,phone,city",
        ),
        spec=spec,
    )

    assert counts(batch) == (1, 0, 0, 1)
    assert list(Rejection.objects.values_list("row_number", "code")) == [(2, "keys_disagree")]
    assert anna.pk != bo.pk and {Subject.objects.get(pk=one.pk).profile_id for one in (anna, bo)} == {anna.pk, bo.pk}
    assert Subject.objects.filter(source__code="partner-nordic-air").count() == 1


def test_a_row_that_would_move_a_known_member_to_another_person_is_held():
    version = incoming()
    anna, bo = (person(email=f"{name}@example.dk", verified=True) for name in ("anna", "bo"))
    loaded(version, table("M1,anna@example.dk,Odense,gold,38"))

    batch = loaded(version, table("M1,bo@example.dk,Odense,gold,38"))

    assert counts(batch) == (0, 0, 0, 1)
    assert {Subject.objects.get(pk=one.pk).profile_id for one in (anna, bo)} == {anna.pk, bo.pk}


def test_a_shared_mailbox_holds_nobody():
    version = incoming()
    one, _other = (person(email="info@example.dk", first_name=name) for name in ("Anna", "Bo"))
    email = Namespace.objects.get(code="email")
    blind = Identifier.objects.filter(subject=one.pk, namespace=email).first().blind
    SharedIdentifier.objects.filter(namespace=email, blind=blind).first() or SharedIdentifier.objects.create(
        namespace=email, blind=blind, verdict="shared"
    )

    assert counts(loaded(version, table("M1,info@example.dk,Odense,gold,38"))) == (1, 0, 0, 0)


def test_an_erased_person_is_not_made_again_and_nobody_learns_why():
    version = incoming()
    email = Namespace.objects.get(code="email")
    Suppression.objects.create(namespace=email, blind=blind_raw(email, "anna@example.dk"), reason="erasure")

    batch = loaded(version, table("M1,Anna@Example.dk,Odense,gold,38", "M2,bo@example.dk,Aarhus,silver,44"))

    assert counts(batch) == (1, 0, 0, 1)
    assert list(Rejection.objects.values_list("row_number", "column", "code", "detail")) == [
        (2, "member", "not_accepted", "This row was not accepted.")
    ]
    assert Subject.objects.count() == 1


def test_our_own_data_is_not_held_back_by_the_gate():
    anna, bo = person(email="anna@example.dk", verified=True), person(phone="+4520123456", verified=True)

    written = facts.write(
        source=source("till"),
        people=[facts.Person("T1", [("email", "anna@example.dk", True), ("phone", "+4520123456", True)])],
    )

    assert written.people[0].state == "new"
    assert resolution.resolve(subjects=written.touched).profiles & {anna.pk, bo.pk}


# --- The partner as a source --------------------------------------------------------------------------------------


def test_a_partner_is_one_source_with_numbers_of_its_own():
    club = partner("sports-club", country="SE")

    one, same = inbound.source_of(club, by=user()), inbound.source_of(club, by=user())

    assert one == same and Source.objects.filter(party=2).count() == 1
    assert (one.code, one.party, one.default_country) == ("partner-sports-club", 2, "SE")
    assert one.namespace.code == "partner-sports-club-no" and one.namespace.role == "evidence"


def test_equal_member_numbers_of_two_partners_are_two_people():
    first, second = incoming(), incoming(to=partner("sports-club"))

    loaded(first, table("M1,anna@example.dk,Odense,gold,38"))
    loaded(second, table("M1,bo@example.dk,Aarhus,gold,38"))

    assert Subject.objects.values("profile").distinct().count() == 2
