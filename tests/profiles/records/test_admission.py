"""Gates of the apps above are asked of everybody before anything is stored of them, at whatever door."""

import pytest

from cdp.base.errors import Refused, Violation
from profiles import records
from profiles.models import Record, SourceIdentity
from profiles.records import admission
from tests.builders import source

pytestmark = pytest.mark.django_db


def write(*external_ids: str, **common) -> list:
    people = [records.Person(one, traits={"city": "Ribe"}) for one in external_ids]
    return [
        (outcome.state, [problem.code for problem in outcome.problems])
        for outcome in records.write(source=source(), people=people, **common).people
    ]


def keeping_out(*places: int, code: str):
    """A gate that keeps out who stands at these places of the call."""
    return lambda common, readings: {place: Violation("", code, "Not this one.") for place in places}


def test_the_gate_of_partners_is_asked_in_these_tests_as_in_the_product():
    assert [gate.__module__ for gate in admission.BEFORE_WRITING] == ["partners.inbound.admission"]


def test_who_is_kept_out_leaves_nothing_and_the_others_come_in(gates):
    gates.add(keeping_out(1, 2, code="stranger"), order=20)

    assert write("A", "B", "C", "D") == [
        ("new", []),
        ("refused", ["stranger"]),
        ("refused", ["stranger"]),
        ("new", []),
    ]
    assert (SourceIdentity.objects.count(), Record.objects.count()) == (2, 2)


def test_every_gate_is_asked_and_the_first_says_why(gates):
    gates.add(keeping_out(0, code="first"), order=20)
    gates.add(keeping_out(0, 1, code="second"), order=30)

    assert write("A", "B", "C") == [("refused", ["first"]), ("refused", ["second"]), ("new", [])]


def test_a_gate_may_refuse_all_of_a_call(gates):
    def closed(common, readings):
        raise Refused

    gates.add(closed, order=20)

    with pytest.raises(Refused):
        write("A", "B")
    assert SourceIdentity.objects.count() == 0


def test_a_gate_that_is_added_twice_is_asked_once(gates):
    asked = []

    def counting(common, readings):
        asked.append(len(readings))
        return {}

    gates.add(counting, order=20)
    gates.add(counting, order=20)
    write("A", "B")
    write()

    assert asked == [2]
