"""What partners send: only under an agreement in force, only what it lets in, and never over what we know ourselves."""

import gzip
import io
from uuid import UUID

import pytest

from partners.agreements import lifecycle
from partners.agreements.lifecycle import NewTermLine
from partners.inbound import admission, receive
from partners.models import InboundFile
from partners.sharing.decision import NotPermitted
from profiles import records
from profiles.imports import errors
from profiles.imports.run import runs
from profiles.models import (
    FileImport,
    Identifier,
    Profile,
    Record,
    SourceIdentity,
)
from tests.builders import source, user
from tests.partners.building import agreement, approve_twice, drafted, purpose
from tests.partners.inbound.receiving import SPEC, counts, golden, incoming, loaded, received, table

pytestmark = pytest.mark.django_db


# --- Under an agreement -------------------------------------------------------------------------------------------


def test_a_partners_values_are_second_party_under_their_agreement():
    version = incoming()

    file_import = loaded(version, table("M1,anna@example.dk,Odense,gold,38", "M2,bo@example.dk,Aarhus,silver,44"))

    assert (file_import.state, counts(file_import)) == ("done", (2, 0, 0, 0))
    records = Record.objects.values_list("party", "agreement_version", "source__party")
    assert set(records) == {(2, version.pk, 2)} and len(records) == 2


@pytest.mark.parametrize("build", [drafted, lambda: agreement(direction="out")])
def test_without_an_agreement_that_lets_in_nothing_is_stored(build):
    with pytest.raises(NotPermitted) as refusal:
        received(build(), table("M1,anna@example.dk,Odense,gold,38"))

    assert refusal.value.code in {"no_agreement", "wrong_direction"}
    assert (FileImport.objects.count(), InboundFile.objects.count(), SourceIdentity.objects.count()) == (0, 0, 0)


def test_another_purpose_is_refused():
    with pytest.raises(NotPermitted) as refusal:
        received(incoming(), table("M1,anna@example.dk,Odense,gold,38"), of=purpose("statistics"))

    assert refusal.value.code == "purpose_not_agreed"


def test_an_agreement_that_was_suspended_since_stops_the_load():
    version = incoming()
    file_import = received(version, table("M1,anna@example.dk,Odense,gold,38")).file_import
    lifecycle.suspend(version.agreement, by=user(), reason="A leak.")

    with pytest.raises(admission.NotUnderAgreement, match="A leak"):
        runs.start(file_import=file_import)
    assert not SourceIdentity.objects.exists()


def test_a_suspension_in_the_middle_of_a_load_stops_it_at_the_next_block():
    version = incoming()
    file_import = received(version, table("M1,anna@example.dk,Odense,gold,38")).file_import
    runs.start(file_import=file_import)
    lifecycle.suspend(version.agreement, by=user(), reason="A leak.")

    with pytest.raises(admission.NotUnderAgreement):
        runs.run(file_import=file_import)
    file_import.refresh_from_db()
    assert (file_import.state, SourceIdentity.objects.count()) == ("failed", 0)
    assert "A leak" in file_import.error


def test_a_newer_version_judges_a_file_that_came_under_the_old_one():
    version = incoming()
    file_import = received(version, table("M1,anna@example.dk,Odense,gold,38")).file_import
    second = lifecycle.new_version(version.agreement, by=user())
    approve_twice(lifecycle.propose(second, by=second.author))
    lifecycle.activate(second, by=user(superuser=True))

    with pytest.raises(admission.NotUnderAgreement, match="newer version"):
        runs.start(file_import=file_import)


def test_second_party_data_enters_by_no_other_door():
    version = incoming()
    shop = source("club", party=2)
    file_import = runs.propose(
        file=io.BytesIO(table("M1,anna@example.dk,Odense,gold,38")),
        file_name="x.csv",
        source=shop,
        by=user(),
        agreement_version=version.pk,
    )
    runs.describe(
        file_import=file_import, mapping=runs.remember_mapping(source=shop, name="x", rows="customers", spec=SPEC)
    )

    with pytest.raises(receive.NotAPartnersImport):
        runs.start(file_import=file_import)


@pytest.mark.parametrize(
    ("person", "match"),
    [
        (records.Person("M1", [], {"birth_date": "1980-01-01"}), "birth_date"),
        (records.Person("M1", [("phone", "+4520123456", False)], {}), "phone"),
    ],
)
def test_the_writer_itself_refuses_a_field_outside_the_terms(person, match):
    version = incoming()

    with pytest.raises(admission.NotUnderAgreement, match=match):
        records.write(source=source("club", party=2), people=[person], agreement_version=version.pk)


def test_the_writer_itself_refuses_unknown_terms():
    with pytest.raises(admission.NotUnderAgreement, match="no such agreement"):
        records.write(source=source("club", party=2), people=[records.Person("M1")], agreement_version=UUID(int=7))


# --- Of it only what is agreed ------------------------------------------------------------------------------------


def test_columns_that_are_not_agreed_are_dropped_and_listed():
    version = incoming(
        lines=[NewTermLine("city", purpose(), direction="in"), NewTermLine("email", purpose(), direction="out")]
    )

    one = received(version, table("M1,anna@example.dk,Odense,planted-gold,38"))
    runs.start(file_import=one.file_import)
    runs.run(file_import=one.file_import)

    assert one.dropped_columns == ["email", "tier", "shoe_size"]
    assert Record.objects.get().traits == {"city": "Odense"}
    assert set(Identifier.objects.values_list("namespace__code", flat=True)) == {"partner-nordic-air-no"}


def test_columns_are_found_by_name_in_any_order():
    version = incoming()

    loaded(version, table("Odense,gold,M1,anna@example.dk", header="city,tier,member,email"))

    assert Record.objects.get().traits == {"city": "Odense", "loyalty_tier": "gold"}


def test_a_missing_column_is_refused_before_any_row():
    version = incoming()
    file_import = received(version, table("M1,anna@example.dk,Odense", header="member,email,city")).file_import

    with pytest.raises(Exception, match="tier"):
        runs.start(file_import=file_import)
    assert not SourceIdentity.objects.exists()


def test_a_file_without_the_partners_own_number_is_refused():
    with pytest.raises(receive.NoExternalId):
        received(incoming(), table("M1,anna@example.dk,Odense,gold,38"), spec={"traits": {"city": "city"}})
    assert not FileImport.objects.exists()


def test_a_mapping_that_was_given_once_serves_the_next_file():
    version = incoming()
    loaded(version, table("M1,anna@example.dk,Odense,gold,38"))

    again = received(version, table("M2,bo@example.dk,Aarhus,silver,44"), spec=None)

    assert again.file_import.mapping.spec == SPEC


def test_bytes_of_another_encoding_are_refused_with_their_place():
    content = table("M1,anna@example.dk,Ærø,gold,38").replace("Ærø".encode(), "Ærø".encode("cp1252"))

    with pytest.raises(errors.UndecodableFile) as refusal:
        received(incoming(), content, encoding="utf-8")

    assert {"offset", "row", "encoding"} <= refusal.value.facts.keys()
    assert (FileImport.objects.count(), SourceIdentity.objects.count()) == (0, 0)


def test_a_byte_order_mark_does_not_hide_the_first_column():
    file_import = loaded(incoming(), b"\xef\xbb\xbf" + table("M1,anna@example.dk,Odense,gold,38"))

    assert counts(file_import) == (1, 0, 0, 0)


def test_an_unbalanced_quote_refuses_the_file():
    with pytest.raises(errors.UnbalancedQuote):
        received(incoming(), table('M1,anna@example.dk,"Odense,gold,38', "M2,bo@example.dk,Aarhus,silver,44"))


def test_a_packed_bomb_is_stopped():
    bomb = gzip.compress(table(*["M1,anna@example.dk,Odense,gold,38"] * 200_000))

    with pytest.raises(errors.Bomb):
        received(incoming(), bomb, name="members.csv.gz")


def test_the_same_file_gives_the_first_receipt_and_changes_nothing():
    version, content = incoming(), table("M1,anna@example.dk,Odense,gold,38")
    first = received(version, content)
    runs.start(file_import=first.file_import)
    runs.run(file_import=first.file_import)
    before = (FileImport.objects.count(), Record.objects.count())

    again = received(version, content, name="renamed.csv")

    assert again == first
    assert (FileImport.objects.count(), Record.objects.count()) == before


def test_the_same_rows_in_another_file_change_nothing():
    version = incoming()
    loaded(version, table("M1,anna@example.dk,Odense,gold,38", "M2,bo@example.dk,Aarhus,silver,44"))
    records = Record.objects.count()

    file_import = loaded(version, table("M2,bo@example.dk,Aarhus,silver,44", "M1,anna@example.dk,Odense,gold,38"))

    assert (counts(file_import), Record.objects.count()) == ((0, 0, 2, 0), records)


def test_the_last_word_of_a_file_stands():
    version = incoming()

    loaded(version, table("M1,anna@example.dk,Odense,gold,38", "M1,anna@example.dk,Odense,silver,38"))

    assert {values["loyalty_tier"] for one in Profile.objects.all() if (values := golden(one))} == {"silver"}
