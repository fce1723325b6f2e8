"""Who is one person: the scenarios of the identity specification, through the ordinary door."""

from itertools import permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import rows
from profiles import records
from profiles.changes.after_fold import AFTER_FOLD
from profiles.identity import resolve, steward_decisions, verify
from profiles.ingestion.events import store
from profiles.models import (
    AccessEntry,
    Alias,
    Event,
    Identifier,
    Namespace,
    Profile,
    RefusedLink,
    SharedIdentifier,
    SourceIdentity,
    WorkItem,
)
from tests.builders import days_ago, source, user
from tests.profiles.building import person, say
from tests.some import each

pytestmark = pytest.mark.django_db


def till():
    return source("till", namespace="loyalty_no")


def app():
    return source("app", namespace="user_id")


def borrowed(external_id, **said):
    """A person of whom a partner tells us."""
    return person(
        source=source("partner", namespace="third_party_id", party=2),
        external_id=external_id,
        agreement_version=uuid7(),
        **said,
    )


def visitor(device, **said):
    """Somebody known by a device only."""
    return person(source=app(), external_id=device, namespace="device", **said)


def partition():
    """The present partition, as sets of identities."""
    clusters = {}
    for one, profile in SourceIdentity.objects.values_list("pk", "profile"):
        clusters.setdefault(profile, set()).add(one)
    return set(map(frozenset, clusters.values()))


def reasons():
    return set(RefusedLink.objects.values_list("namespace__code", "reason"))


# --- What joins -------------------------------------------------------------------------------------------------


def test_the_same_unverified_email_in_two_systems_is_one_person():
    anna = person(external_id="C1", email="anna@example.dk", first_name="Anna")

    assert person(source=till(), external_id="L1", email=" ANNA@Example.dk", first_name="Anna") == anna

    assert Profile.objects.get().identity_count == 2
    assert set(SourceIdentity.objects.values_list("profile", flat=True)) == {anna.pk}


def test_a_profile_keeps_its_oldest_id_and_every_id_resolves_in_one_step():
    first = person(external_id="C1", email="anna@example.dk")
    second = person(source=till(), external_id="L1", phone="20123456")
    assert first != second

    person(source=app(), external_id="anna", email="anna@example.dk", phone="20123456")

    assert set(SourceIdentity.objects.values_list("profile", flat=True)) == {first.pk}
    assert not Profile.objects.filter(pk=second.pk).exists()
    assert not Alias.objects.exists()  # what an id meant within one transaction, nobody has seen


def test_what_an_id_meant_is_kept_with_its_time_when_it_moves():
    first = person(external_id="C1", email="anna@example.dk")
    second = person(source=till(), external_id="L1", phone="20123456")
    long_ago = days_ago(30)
    SourceIdentity.objects.update(profile_since=long_ago)

    person(source=app(), external_id="anna", email="anna@example.dk", phone="20123456")

    moved = SourceIdentity.objects.get(pk=second.pk).profile_since
    history = rows(
        "SELECT profile, valid_from, valid_to FROM profiles_identity_history WHERE identity_id = %s ORDER BY 2",
        [second.pk],
    )
    assert long_ago < moved
    assert history == [(second.pk, long_ago, moved), (first.pk, moved, None)]


def test_a_verified_email_meets_the_unverified_one_of_another_system():
    anna = person(external_id="C1", email="anna@example.dk")

    assert person(source=till(), external_id="L1", email="anna@example.dk", verified=True) == anna
    codes = set(Identifier.objects.values_list("namespace__code", flat=True))
    assert codes == {"customer_no", "loyalty_no", "email", "email_verified"}


def test_the_same_number_in_two_systems_is_one_person_whatever_the_names():
    anna = person(external_id="C1", first_name="Anna")

    assert person(source=source("erp"), external_id="c1", first_name="Bo") == anna


def test_swapped_day_and_month_and_a_like_name_support_a_link():
    anna = person(external_id="C1", email="a@example.dk", first_name="Anna", birth_date="1980-05-04")

    anne = person(source=till(), external_id="L1", email="a@example.dk", first_name="Anne", birth_date="1980-04-05")

    assert anne == anna


def test_test_data_never_joins_people():
    real = person(external_id="C1", email="anna@example.dk")
    test = person(external_id="C1", email="anna@example.dk", is_test=True)

    assert real != test
    assert (real.is_test, test.is_test) == (False, True)


# --- What does not join -----------------------------------------------------------------------------------------


def test_spouses_with_one_email_and_two_customer_numbers_stay_two_people():
    anna = person(external_id="C1", email="family@example.dk")
    bo = person(external_id="C2", email="family@example.dk")

    assert anna != bo
    assert reasons() == {("email", "anchors_differ")}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"first_name": "Anna", "birth_date": "1980-05-04"}, None),
        ({"first_name": "Bo", "birth_date": "1980-05-04"}, "names_differ"),
        ({"first_name": "Anna", "birth_date": "1981-06-04"}, "birth_dates_differ"),
        ({}, None),
    ],
)
def test_a_contradiction_of_name_or_birth_date_refuses_a_link_without_proof(said, reason):
    anna = person(external_id="C1", email="a@example.dk", first_name="Anna", birth_date="1980-05-04")

    other = person(source=till(), external_id="L1", email="a@example.dk", **said)

    assert (other == anna) is (reason is None)
    assert reasons() == ({("email", reason)} if reason else set())


def test_a_verified_email_needs_no_support():
    anna = person(external_id="C1", email="a@example.dk", verified=True, first_name="Anna")

    assert person(source=till(), external_id="L1", email="a@example.dk", verified=True, first_name="Bo") == anna


def test_a_phone_given_to_somebody_else_after_two_years_joins_nobody():
    anna = person(external_id="C1", phone="20123456", observed_at=days_ago(800))
    bo = person(source=till(), external_id="L1", phone="20123456")

    assert anna != bo
    assert reasons() == {("phone", "outside_window")}


def test_third_party_ids_join_nobody():
    anna = person(external_id="C1", identifiers=[("third_party_id", "x-1", False)])
    bo = person(source=till(), external_id="L1", identifiers=[("third_party_id", "x-1", False)])

    assert anna != bo
    assert reasons() == set()


def test_a_refused_link_goes_when_the_records_agree_after_all():
    person(external_id="C1", email="a@example.dk", first_name="Anna")
    bo = {"source": till(), "external_id": "L1", "email": "a@example.dk"}
    person(**bo, first_name="Bo", observed_at=days_ago(2))
    assert reasons() == {("email", "names_differ")}

    person(**bo, first_name="Anna")

    assert reasons() == set()
    assert len(partition()) == 1


# --- Partners ---------------------------------------------------------------------------------------------------


ARRIVALS = [
    lambda: person(external_id="C1", email="anna@example.dk"),
    lambda: person(source=till(), external_id="L1", phone="20123456"),
    lambda: borrowed("P1", email="anna@example.dk", phone="20123456"),
]


@pytest.mark.usefixtures("everybody_let_in")
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_partner_never_joins_two_of_our_own_people(order):
    for one in order:
        ARRIVALS[one]()

    sources = {
        frozenset(SourceIdentity.objects.filter(pk__in=cluster).values_list("source__code", flat=True))
        for cluster in partition()
    }
    assert sources == {frozenset({"webshop", "partner"}), frozenset({"till"})}
    assert reasons() == {("phone", "borrowed")}
    assert not any(each(verify.verify().values()))


@pytest.mark.usefixtures("everybody_let_in")
def test_a_steward_may_join_what_a_partner_may_not():
    first, second, partner = (arrive() for arrive in ARRIVALS)
    assert partner == first

    steward_decisions.same(identity=first.pk, other=second.pk, reason="One person, asked by telephone.", by=user())

    assert len(partition()) == 1
    assert reasons() == set()


@pytest.mark.usefixtures("everybody_let_in")
def test_people_whom_a_partner_had_joined_are_taken_apart_by_a_rebuild():
    first, second, _partner = (arrive() for arrive in ARRIVALS)
    SourceIdentity.objects.filter(pk=second.pk).update(profile=first.pk)
    Profile.objects.filter(pk=second.pk).delete()
    assert verify.verify()["identities"] == 1

    verify.rebuild()

    assert Profile.objects.filter(pk=second.pk).exists()
    assert not any(each(verify.verify().values()))


@pytest.mark.usefixtures("everybody_let_in")
def test_our_own_person_of_whom_a_partner_knows_more_is_still_told_by_our_own_data():
    crm, shop = source("crm"), person(external_id="C1", email="anna@example.dk")
    member = records.Person("C2", [("email", "anna@example.dk", False)])
    records.write(source=crm, people=[records.Person("C2")])

    written = records.write(source=crm, people=[member], party=2, agreement_version=uuid7())
    resolve(identities=written.touched)

    assert SourceIdentity.objects.get(source=crm).profile_id != shop.pk
    assert reasons() == {("email", "borrowed")}


# --- Devices ----------------------------------------------------------------------------------------------------


def test_anonymous_history_joins_the_one_person_who_logs_in():
    nobody = visitor("d-1")
    assert nobody.identity_count == 1

    anna = person(source=app(), external_id="anna", device="d-1")

    assert Profile.objects.get() == anna
    assert anna.pk == nobody.pk


def test_a_device_never_joins_two_people_and_then_its_history_is_nobodys():
    visitor("d-1")
    person(source=app(), external_id="anna", device="d-1")

    person(source=app(), external_id="bo", device="d-1")

    assert Profile.objects.count() == 3
    assert {reason for _, reason in reasons()} == {"two_people"}


def test_anonymous_history_outside_the_window_stays_apart():
    visitor("d-1", observed_at=days_ago(100))

    person(source=app(), external_id="anna", device="d-1")

    assert Profile.objects.count() == 2


# --- Hubs and limits --------------------------------------------------------------------------------------------


def test_a_shops_own_phone_becomes_shared_and_lets_everybody_go():
    for number in range(3):
        person(source=source(f"shop-{number}", namespace="customer_no"), external_id=f"C{number}", phone="20123456")
    person(source=till(), external_id="L1", phone="20123456")
    joined = partition()
    assert max(map(len, joined)) == 2

    person(external_id="C9", phone="20123456")

    assert SharedIdentifier.objects.get().verdict == "shared"
    assert {len(cluster) for cluster in partition()} == {1}
    assert RefusedLink.objects.count() == 0
    assert set(WorkItem.objects.values_list("kind", flat=True)) == {"shared_identifier"}
    person(source=till(), external_id="L2", phone="20123456")
    assert {len(cluster) for cluster in partition()} == {1}


def test_a_value_that_many_unnamed_receipts_carry_is_told_by_names_and_birth_dates():
    receipts = source("receipts", namespace="third_party_id")
    for number, name in enumerate(["Anna", "Bo", "Carl"]):
        person(
            source=receipts,
            external_id=f"r-{number}",
            email="shop@example.dk",
            first_name=name,
            birth_date=f"19{70 + number}-01-0{number + 1}",
        )

    assert SharedIdentifier.objects.get().people_seen == 3


def test_an_offices_address_joins_nobody_from_the_start():
    anna = person(external_id="C1", email="info@firm.dk")
    bo = person(source=till(), external_id="L1", email="Info@Firm.dk", verified=True)
    person(source=app(), external_id="a", email="info@firm.dk")

    assert anna != bo
    assert {len(cluster) for cluster in partition()} == {1}
    verdicts = SharedIdentifier.objects.values_list("namespace__code", "verdict")
    assert set(verdicts) == {("email", "blocked"), ("email_verified", "blocked")}
    assert WorkItem.objects.count() == 0


def test_a_corrected_number_of_one_customer_makes_no_hub():
    said = {"external_id": "C1", "email": "anna@example.dk"}
    for number in range(5):
        person(**said, identifiers=[("loyalty_no", f"L{number}", True)], observed_at=days_ago(9 - number))

    assert SharedIdentifier.objects.count() == 0


def test_more_than_two_hundred_records_are_frozen_and_the_rest_goes_on():
    receipts = source("receipts", namespace="third_party_id")
    people = [records.Person(f"r-{number}", [("email", "a@example.dk", False)]) for number in range(205)]
    written = records.write(source=receipts, people=people)

    resolve(identities=written.touched)

    assert {len(cluster) for cluster in partition()} == {200, 5}
    assert set(WorkItem.objects.values_list("kind", flat=True)) == {"profile_frozen"}


def test_a_large_profile_asks_for_a_look_once():
    receipts = source("receipts", namespace="third_party_id")
    for number in range(28):
        person(source=receipts, external_id=f"r-{number}", email="a@example.dk")

    assert list(WorkItem.objects.values_list("kind", flat=True)) == ["profile_review"]


# --- What hangs on a profile ------------------------------------------------------------------------------------


def test_events_follow_their_record_into_the_profile_and_out_again():
    nobody = say(source=app(), external_id="d-1", namespace="device")
    order = store.EventRow(
        key=store.message_key(app().pk, "m-1"), source=app().pk, type="track", name="Order Completed",
        occurred_at=days_ago(0), received_at=days_ago(0), identity=nobody.identity, record=nobody.record,
    )  # fmt: skip
    store.store([order])
    seen = Event.objects.get()
    person(external_id="C1", email="x@example.dk")
    anna = person(source=app(), external_id="anna", device="d-1")
    seen.refresh_from_db()
    assert seen.profile_id == anna.pk
    assert anna.last_seen_at >= seen.occurred_at

    person(source=app(), external_id="bo", device="d-1")

    seen.refresh_from_db()
    assert seen.profile_id == nobody.identity


def test_those_who_listen_hear_who_was_folded_and_who_moved(monkeypatch):
    heard = []

    def listen(**kwargs):
        heard.append((kwargs["profiles"], kwargs["moved"]))

    first = person(external_id="C1", email="anna@example.dk")
    monkeypatch.setattr(AFTER_FOLD, "_by_order", {1: listen})
    outcome = say(source=till(), external_id="L1", email="anna@example.dk")

    assert heard == [({first.pk}, {outcome.identity: (outcome.identity, first.pk)})]


def test_a_fold_of_what_nobody_changed_writes_nothing():
    anna = person(external_id="C1", email="anna@example.dk", first_name="Anna")
    person(source=till(), external_id="L1", email="anna@example.dk")
    before = list(Profile.objects.values()), list(SourceIdentity.objects.values())

    assert resolve(identities={anna.pk}).moved == {}

    assert (list(Profile.objects.values()), list(SourceIdentity.objects.values())) == before


def test_resolving_one_or_thirty_people_takes_the_same_number_of_statements():
    def statements(first, people):
        numbers = range(first, first + people)
        given = [records.Person(f"C{number}", [("email", f"{number}@example.dk", False)]) for number in numbers]
        touched = records.write(source=source(), people=given).touched
        with CaptureQueriesContext(connection) as counted:
            resolve(identities=touched)
        return len(counted)

    assert statements(100, 30) == statements(1, 1)


def test_every_namespace_role_is_either_joining_or_kept_out():
    assert {one.role for one in Namespace.objects.all()} == {"anchor", "linking", "supported", "last_login", "apart"}


# --- What a fold reads ------------------------------------------------------------------------------------------


def test_names_are_opened_only_where_they_differ_and_in_one_logged_reading():
    same = [person(source=one, external_id="N1", email="anna@example.dk", first_name="Anna") for one in (till(), app())]
    assert same[0] == same[1]
    assert AccessEntry.objects.count() == 0

    people = [
        records.Person(f"C{number}", [("email", email, False)], {"first_name": name})
        for number, (email, name) in enumerate([("anna@example.dk", "Anne"), ("bo@example.dk", "Bo"), ("x@x.dk", "X")])
    ]
    resolve(identities=records.write(source=source(), people=people).touched)

    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.purpose, entry.fields) == (None, "duplicate detection", ["first_name"])
    assert entry.identities == sorted(SourceIdentity.objects.filter(profile=same[0]).values_list("pk", flat=True))
    assert len(entry.identities) == 3


def test_seeing_a_person_again_touches_no_index():
    """An update of columns that no index holds stays on its page (HOT); each event may be one."""
    held = rows("""
        SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid
        WHERE i.indrelid = 'profiles_profile'::regclass
    """)

    assert held == [("id",)]
