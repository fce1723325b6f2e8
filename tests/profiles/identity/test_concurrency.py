"""Writers of different people do not wait for each other; writers of one person do, and lose nothing by it."""

import random
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models import Count

from cdp.base.database.sql import rows, value
from consents.state import verify as consents
from profiles import identity, records
from profiles.identity import steward_decisions as steward
from profiles.identity import verify
from profiles.models import Profile, SharedIdentifier, SourceIdentity, StewardDecision
from profiles.models.reference import Verdict
from profiles.vault import blind
from tests.builders import source
from tests.profiles.building import person, say
from tests.profiles.identity.crowd import SOURCES, Act, Town, at_once
from tests.some import each

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town():
    return Town()


def drift() -> dict[str, int]:
    found = verify.verify() | consents.verify()
    return {name: count for name, count in found.items() if count}


def test_twenty_writers_of_different_people_never_wait_for_each_other(town):
    """Each has people of its own, known and new, whom it writes by every door."""
    dice, writers = random.Random(5), []
    for writer in range(20):
        numbers = list(range(10 * writer, 10 * writer + 6))
        for number in numbers[:3]:
            town.meet(number)
        writers.append([town.act(dice, numbers) for _ in range(6)])

    waits = at_once(writers)

    assert [wait for wait in waits if not wait.is_for_the_same_people] == []
    assert drift() == {}


def test_twenty_writers_of_the_same_few_people_wait_for_these_only_and_lose_nothing(town):
    dice, numbers = random.Random(7), list(range(12))
    for number in numbers[:6]:
        town.meet(number)
    writers = [[town.act(dice, numbers) for _ in range(4)] for _ in range(20)]

    waits = at_once(writers)

    assert {wait.is_for_the_same_people for wait in waits} == {True}
    assert value("SELECT count(*) FROM profiles_valuelock") == 0
    assert drift() == {}


def test_people_whom_five_sources_bring_at_once_are_joined_whoever_comes_first(town):
    """Nobody sees what the others have not committed: they meet at the e-mail that all of them bring."""
    for start in range(0, 60, 12):
        numbers = list(range(start, start + 12))
        writers = [
            [Act("write", tuple(block), lambda one=one, block=block: town.write(one, block)) for block in blocks]
            for one, blocks in zip(town.sources, _orders(numbers), strict=True)
        ]
        at_once(writers)

    assert set(Profile.objects.values_list("identity_count", flat=True)) == {len(SOURCES)}
    assert Profile.objects.count() == 60
    assert drift() == {}


def _orders(numbers: list[int]) -> list[list[list[int]]]:
    """Every source tells of the people in blocks and in an order of its own."""
    dice = random.Random(numbers[0])
    return [
        [shuffled[at : at + 4] for at in range(0, len(shuffled), 4)]
        for shuffled in (dice.sample(numbers, len(numbers)) for _ in SOURCES)
    ]


def test_a_chain_that_is_closed_from_many_ends_at_once_becomes_one_person(town):
    """Link n joins persons n and n + 1, and every link is written by another writer at the same moment."""
    links = 12

    def link(number: int) -> None:
        claims = [("device", f"{at:08}-chain", False) for at in (number, number + 1)]
        with transaction.atomic():
            one = records.Person(f"chain-{number}", claims)
            identity.resolve(identities=records.write(source=source("app", namespace="user_id"), people=[one]).touched)

    def email(number: int) -> None:
        claims = [("email", f"{at}@chain.dk", False) for at in (number, number + 1)]
        with transaction.atomic():
            one = records.Person(f"link{number}-visitor", claims, namespace="device")
            identity.resolve(identities=records.write(source=source("app", namespace="user_id"), people=[one]).touched)

    at_once([[Act("chain", (0,), lambda number=number: email(number))] for number in range(links)])
    before = set(SourceIdentity.objects.values_list("pk", "profile"))
    at_once([[Act("devices", (0,), lambda number=number: link(number))] for number in range(links)])

    assert before and drift() == {}
    assert _rebuilt_equals_what_stands()


def _rebuilt_equals_what_stands() -> bool:
    before = set(SourceIdentity.objects.values_list("pk", "profile"))
    verify.rebuild()
    return set(SourceIdentity.objects.values_list("pk", "profile")) == before


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_same_facts_by_several_writers_give_what_a_rebuild_gives(town, seed):
    """People who share numbers, addresses and devices at random, told by five writers at once."""
    dice = random.Random(seed)

    def told(one) -> list[records.Person]:
        return [
            records.Person(
                f"{dice.randrange(8)}",
                [
                    (kind, form.format(dice.randrange(4)), False)
                    for kind, form in (("email", "mail{}@example.dk"), ("phone", "+452012345{}"), ("device", "d{}-xyz"))
                    if dice.random() < 0.6
                ],
                {"first_name": dice.choice(["Anna", "Bo", "Knud"])} if dice.random() < 0.5 else {},
            )
            for _ in range(3)
        ]

    def write(one, people) -> None:
        with transaction.atomic():
            identity.resolve(identities=records.write(source=one, people=people).touched)

    at_once([[Act("write", (0,), partial(write, one, told(one))) for _ in range(4)] for one in town.sources])

    assert drift() == {}
    assert _rebuilt_equals_what_stands()


# --- Two who cannot see each other --------------------------------------------------------------------------------


def test_two_folds_that_meet_in_a_third_person_are_told_to_both():
    """One joins Anna to Bo while another joins Bo to Carl: the second fold sees all three."""
    anna, bo, carl = (person(external_id=f"C{number}", first_name="Anna") for number in range(3))

    at_once(
        [
            [Act("merge", (1,), lambda: steward.same(identity=anna.pk, other=bo.pk, reason="one", by=None))],
            [Act("merge", (1,), lambda: steward.same(identity=carl.pk, other=bo.pk, reason="one", by=None))],
        ]
    )

    assert set(SourceIdentity.objects.values_list("profile", flat=True)) == {anna.pk}
    assert drift() == {}


def test_a_verdict_and_a_new_bearer_of_the_value_at_once_leave_what_a_rebuild_gives():
    for number in range(10):
        address = f"info@{number}.dk"
        say(external_id=f"A{number}", email=address, first_name="Anna")
        shared = SharedIdentifier.objects.get(namespace__code="email", blind=blind("email", address))

        def judge(shared=shared) -> None:
            steward.judge(shared=shared, verdict=Verdict.PRIVATE, reason="hers alone", by=None)

        def write(number=number, address=address) -> None:
            with transaction.atomic():
                say(source=source("app", namespace="user_id"), external_id=f"a{number}", email=address)

        at_once([[Act("judge", (number,), judge)], [Act("write", (number,), write)]])

    assert set(Profile.objects.annotate(n=Count("identities")).values_list("n", flat=True)) == {2}
    assert drift() == {}


def test_people_who_bring_one_shared_address_do_not_wait_for_each_other():
    say(external_id="C0", email="info@example.dk")
    first_is_in, second_is_in = Event(), Event()

    def first() -> None:
        with transaction.atomic():
            say(external_id="C1", email="info@example.dk")
            first_is_in.set()
            assert second_is_in.wait(20)

    def second() -> None:
        assert first_is_in.wait(20)
        say(external_id="C2", email="info@example.dk")
        second_is_in.set()

    waits = at_once([[Act("write", (1,), first)], [Act("write", (2,), second)]])

    assert waits == []
    assert Profile.objects.count() == 3


# --- The whole ------------------------------------------------------------------------------------------------------


def test_verify_waits_for_nobody_and_sees_one_moment():
    person(external_id="C1", email="anna@example.dk")
    written, verified = Event(), Event()

    def write() -> None:
        with transaction.atomic():
            say(source=source("app", namespace="user_id"), external_id="anna", email="anna@example.dk")
            written.set()
            assert verified.wait(60)

    def look() -> None:
        assert written.wait(60)
        assert not any(each(verify.verify().values()))
        verified.set()

    assert at_once([[Act("write", (1,), write)], [Act("verify", (2,), look)]]) == []


def test_a_rebuild_waits_for_who_writes_and_others_wait_for_it():
    anna = person(external_id="C1", email="anna@example.dk")
    held, done = Event(), []

    def write() -> None:
        with transaction.atomic():
            say(source=source("app", namespace="user_id"), external_id="anna", email="anna@example.dk")
            held.set()
            while not rows("SELECT FROM pg_locks WHERE NOT granted AND mode = 'ExclusiveLock'"):
                pass
            done.append("write")

    def rebuild() -> None:
        assert held.wait(60)
        verify.rebuild()
        done.append("rebuild")

    at_once([[Act("write", (1,), write)], [Act("rebuild", (1,), rebuild)]])

    assert done == ["write", "rebuild"]
    assert set(SourceIdentity.objects.values_list("profile", flat=True)) == {anna.pk}
    assert drift() == {}


def test_a_writer_that_dies_leaves_no_lock_behind():
    with pytest.raises(SystemExit), transaction.atomic():
        say(external_id="C1", email="anna@example.dk")
        raise SystemExit
    connection.close()

    say(external_id="C1", email="anna@example.dk")

    assert (Profile.objects.count(), StewardDecision.objects.count()) == (1, 0)
    assert value("SELECT count(*) FROM profiles_valuelock") == 0
