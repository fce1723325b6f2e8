"""What a source says is stored once, sealed where it is personal, and versioned by what changes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cdp.base.database.sql import execute, rows
from profiles import records
from profiles.identity import resolve
from profiles.models import Alias, GoldenValue, Identifier, Profile, Record, SourceIdentity
from profiles.vault import Keyring, blind
from tests.at_once import PATIENCE, beside
from tests.builders import days_ago, now, source
from tests.partners.inbound.receiving import incoming
from tests.profiles.building import person, say
from tests.some import each

pytestmark = pytest.mark.django_db


def write(*people, **common):
    return records.write(source=common.pop("source", None) or source(), people=list(people), **common)


def one(external_id="C1", identifiers=(), observed_at=None, **traits):
    return records.Person(external_id, list(identifiers), traits, observed_at)


def states(written):
    return [outcome.state for outcome in written.people]


# --- What is stored ---------------------------------------------------------------------------------------------


def test_a_person_is_stored_with_identifiers_values_and_a_profile_of_their_own():
    anna = person(external_id="c-1", email="Anna@Example.dk", phone="20 12 34 56", first_name="Anna", city="Aarhus")

    identity = SourceIdentity.objects.get()
    assert (identity.profile, identity.pk, anna.identity_count) == (anna, anna.pk, 1)
    assert not Alias.objects.exists()
    assert dict(Identifier.objects.values_list("namespace__code", "verified")) == {
        "customer_no": True,
        "email": False,
        "phone": False,
    }
    assert dict(GoldenValue.objects.values_list("attribute__code", "text")) == {"first_name": None, "city": "Aarhus"}


def test_an_identifier_is_found_by_its_normal_form_and_opens_for_its_identity():
    anna = person(external_id="C1", phone="20 12 34 56")

    found = Identifier.objects.get(blind=blind("phone", "+4520123456"))
    opened = Keyring.for_reading([anna.pk]).open(anna.pk, "profiles_identifier.sealed", found.sealed)
    assert opened == "+4520123456"


def test_no_personal_value_stands_anywhere_in_clear():
    person(
        external_id="PLANTED-1", email="planted@example.dk", phone="20999999", first_name="Plantida", street="Plant 1"
    )

    planted = ("planted", "20999999", "plantida", "plant 1")
    tables = rows("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE tablename LIKE 'profiles_%'"
                  " OR tablename LIKE 'stage_%'")  # fmt: skip
    texts = [(table, row) for (table,) in tables for (row,) in rows(f"SELECT lower(t::text) FROM {table} t")]
    for table, row in each(texts):
        assert not [word for word in planted if word in row or word.encode().hex() in row], table


def test_a_sealed_value_has_a_key_that_is_equal_for_equal_values_only():
    for number, name in enumerate(["Anna", "Anna", "Bo"]):
        person(external_id=f"C{number}", first_name=name)

    keys = [record.traits["first_name"]["key"] for record in Record.objects.order_by("id")]
    assert keys[0] == keys[1] != keys[2]


def test_an_attribute_of_every_type_keeps_its_type():
    person(
        loyalty_points="12,5".replace(",", "."), birth_date="1980-05-31", interests="tea; bread;tea", city=" Ærø  by "
    )

    found = {
        golden.attribute.code: next(
            one for one in (golden.text, golden.number, golden.date, golden.items) if one is not None
        )
        for golden in GoldenValue.objects.select_related("attribute")
    }
    assert found == {
        "loyalty_points": Decimal("12.5"),
        "birth_date": date(1980, 5, 31),
        "interests": ["bread", "tea"],
        "city": "Ærø by",
    }


def test_a_phone_is_read_by_the_country_of_the_person_before_that_of_the_source():
    person(phone="070-174 06 05", country="SE")

    assert Identifier.objects.filter(blind=blind("phone", "+46701740605")).exists()


# --- Versions ---------------------------------------------------------------------------------------------------


def test_what_is_known_already_writes_nothing():
    first = write(one(city="Aarhus"))
    again = write(one(city="Aarhus "))

    assert (states(first), states(again)) == (["new"], ["unchanged"])
    assert again.people[0].record == first.people[0].record
    assert again.touched == set()
    assert Record.objects.count() == 1


def test_a_change_is_a_new_record_with_the_changed_facts_only():
    write(one(city="Aarhus", language="da"))
    changed = write(one(city="Odense", language="da"))

    assert states(changed) == ["updated"]
    record = Record.objects.get(pk=changed.people[0].record)
    assert record.version == 2
    assert record.traits == {"city": "Odense"}
    assert record.identifiers.count() == 0


def test_what_a_record_leaves_out_still_stands():
    person(external_id="C1", city="Aarhus", language="da", email="anna@example.dk")
    person(external_id="C1", city="Odense")

    assert dict(GoldenValue.objects.values_list("attribute__code", "text")) == {"city": "Odense", "language": "da"}


def test_a_part_that_says_nothing_new_is_unchanged_although_the_last_record_was_another():
    write(one(city="Aarhus", language="da"))
    write(one(city="Odense"))

    assert states(write(one(language="da"))) == ["unchanged"]


def test_the_emails_of_the_latest_record_stand_together():
    emails = [[("email", f"{name}@example.dk", False) for name in names] for names in ("ab", "ac")]
    write(one(identifiers=emails[0]))
    changed = write(one(identifiers=emails[1]))

    assert Record.objects.get(pk=changed.people[0].record).identifiers.count() == 2


def test_what_a_person_says_again_later_is_kept_because_it_renews_it():
    told, then = source("form", party=0), days_ago(9)
    write(one(city="Aarhus", observed_at=then), source=told)

    assert states(write(one(city="Aarhus", observed_at=then), source=told)) == ["unchanged"]
    assert states(write(one(city="Aarhus", observed_at=days_ago(1)), source=told)) == ["updated"]
    assert Record.objects.count() == 2


def test_the_same_value_under_another_agreement_is_another_record():
    partner = source("partner", party=2)
    first, second = incoming().pk, incoming().pk

    assert states(write(one(city="Aarhus"), source=partner, agreement_version=first)) == ["new"]
    assert states(write(one(city="Aarhus"), source=partner, agreement_version=first)) == ["unchanged"]
    assert states(write(one(city="Aarhus"), source=partner, agreement_version=second)) == ["updated"]
    assert set(Record.objects.values_list("agreement_version", flat=True)) == {first, second}


def test_a_person_given_twice_in_one_call_is_one_subject_with_two_versions():
    written = write(one(city="Aarhus"), one(external_id="C2"), one(city="Odense"), one(city="Odense"))

    assert states(written) == ["new", "new", "updated", "unchanged"]
    assert SourceIdentity.objects.count() == 2
    assert {outcome.identity for outcome in written.people} == set(SourceIdentity.objects.values_list("pk", flat=True))


def test_the_same_number_of_another_source_or_of_test_data_is_another_identity():
    write(one())
    write(one(), source=source("crm"))
    write(one(), is_test=True)

    assert SourceIdentity.objects.count() == 3
    assert Profile.objects.living().count() == 2


def test_a_device_with_the_text_of_a_login_is_another_identity():
    app = source("app", namespace="user_id")
    say(source=app, external_id="x-1")
    say(source=app, external_id="x-1", namespace="device")

    assert SourceIdentity.objects.count() == 2


# --- Problems ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "column", "code"),
    [
        ({"external_id": "null"}, "customer_no", "no_identifier"),
        ({"external_id": ""}, "customer_no", "no_identifier"),
        ({"shoe_size": 44}, "shoe_size", "unknown_attribute"),
        ({"loyalty_points": "many"}, "loyalty_points", "not_a_number"),
        ({"loyalty_points": "NaN"}, "loyalty_points", "not_a_number"),
        ({"loyalty_points": "1e15"}, "loyalty_points", "not_a_number"),
        ({"loyalty_points": True}, "loyalty_points", "not_a_number"),
        ({"birth_date": "31-05-1980"}, "birth_date", "not_a_date"),
        ({"birth_date": "1980-05-31Tnonsense"}, "birth_date", "not_a_date"),
        ({"city": {"name": "Aarhus"}}, "city", "not_text"),
        ({"city": "Aar\x00hus"}, "city", "nul_character"),
        ({"city": "x" * 10_001}, "city", "too_long"),
        ({"observed_at": days_ago(-1)}, "observed_at", "future_date"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do_and_does_not_stop_the_rest(said, column, code):
    written = write(one(**said), one(external_id="C2"))

    assert states(written) == ["refused", "new"]
    refused = written.people[0]
    assert [(problem.field, problem.code) for problem in refused.problems] == [(column, code)]
    assert refused.problems[0].detail
    assert (refused.identity, refused.record) == (None, None)
    assert SourceIdentity.objects.count() == 1


def test_a_problem_never_repeats_the_value():
    written = write(one(loyalty_points="planted"), one("C2", [("email", "planted", False)]))

    assert "planted" not in str(written)


def test_an_invalid_identifier_is_left_out_with_a_note_and_the_rest_is_kept():
    written = write(one(identifiers=[("email", "not an address", False), ("phone", "  ", False)], city="Aarhus"))

    assert states(written) == ["new"]
    assert [(note.field, note.code) for note in written.people[0].notes] == [("email", "no_identifier")]
    assert set(Identifier.objects.values_list("namespace__code", flat=True)) == {"customer_no"}


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        ("gender", "anna@example.dk", "personal_value"),
        ("postal_code", "+45 22 33 44 66", "personal_value"),
        ("city", "010190-1234", "personal_value"),
        ("interests", ["golf", "anna＠example.dk"], "personal_value"),
        ("interests", "golf;anna@example.dk", "personal_value"),
        ("loyalty_points", 198803200016, "personal_value"),
        ("company", "4111 1111 1111 1111", "personal_value"),
        ("country", "anna@example.dk", "personal_value"),
        ("country", "Atlantis", "not_a_country"),
        ("country", "XX", "not_a_country"),
    ],
)
def test_a_value_that_an_open_attribute_must_not_hold_is_left_out_with_a_note(attribute, value, code):
    outcome = write(one(language="da", **{attribute: value})).people[0]

    assert (outcome.state, [(note.field, note.code) for note in outcome.notes]) == ("new", [(attribute, code)])
    assert Record.objects.get().traits == {"language": "da"}
    assert not any(str(value) in note.detail for note in each(outcome.notes))


def test_a_sealed_attribute_may_hold_what_tells_who_somebody_is():
    assert write(one(full_name="anna@example.dk")).people[0].notes == []


@pytest.mark.parametrize("said", ["DK", " dk", "Denmark", "Danmark", "DÄNEMARK"])
def test_a_country_is_kept_by_its_code(said):
    write(one(country=said))

    assert Record.objects.get().traits == {"country": "DK"}


def test_empty_values_say_nothing():
    person(external_id="C1", city="Aarhus", interests=["tea"])
    person(external_id="C1", city=" ", interests=[], language=None, birth_date="")

    assert set(GoldenValue.objects.values_list("attribute__code", flat=True)) == {"city", "interests"}


# --- Many at once -----------------------------------------------------------------------------------------------


def test_writing_one_or_fifty_people_takes_the_same_number_of_statements():
    def statements(first, people):
        given = [
            one(f"C{first + more}", [("email", f"{more}@example.dk", False)], city="Ribe") for more in range(people)
        ]
        with CaptureQueriesContext(connection) as counted:
            write(*given)
        return len(counted)

    write(one())
    assert statements(100, 50) == statements(200, 1)


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_the_same_people_at_once_make_each_person_once():
    shop, together = source(), Barrier(2)
    people = [records.Person(f"C{number}", [("email", f"{number}@example.dk", False)]) for number in range(300)]

    def work(given):
        try:
            together.wait()
            with transaction.atomic():
                resolve(identities=records.write(source=shop, people=given).touched)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [people, people[::-1]]))

    assert SourceIdentity.objects.count() == Profile.objects.count() == Record.objects.count() == 300


VOCABULARY = {
    "an attribute is sealed": "UPDATE profiles_attribute SET classification = 'direct' WHERE code = 'city'",
    "an attribute goes": "DELETE FROM profiles_attribute WHERE code = 'city'",
    "a kind of identifier goes": "DELETE FROM profiles_namespace WHERE code = 'phone'",
}


@pytest.mark.parametrize("change", VOCABULARY.values(), ids=VOCABULARY)
@pytest.mark.django_db(transaction=True)
def test_what_is_being_written_keeps_its_vocabulary_as_it_was_read(change):
    with transaction.atomic():
        write(one(identifiers=[("phone", "20123456", False)], city="Aarhus"))
        other = beside(lambda: execute(change))

    with pytest.raises(IntegrityError, match=r"records say something of it|rows of profiles_identifier name it"):
        other.result(PATIENCE)


@pytest.mark.django_db(transaction=True)
def test_two_sources_that_meet_the_same_people_at_once_join_each_of_them():
    sources, together = [source("crm"), source("till", namespace="loyalty_no")], Barrier(2)

    def work(one_source):
        given = [records.Person(f"N{number}", [("email", f"{number}@example.dk", False)]) for number in range(200)]
        try:
            together.wait()
            for block in (given[:100], given[100:]):
                with transaction.atomic():
                    resolve(identities=records.write(source=one_source, people=block).touched)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, sources))

    assert set(Profile.objects.values_list("identity_count", flat=True)) == {2}
    assert Profile.objects.count() == 200
    assert Profile.objects.filter(last_seen_at__gt=now()).count() == 0
