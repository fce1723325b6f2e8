import pytest

from segments.language.parsing import understand
from segments.membership import preview
from tests.segments.building import DANES, crowd, document, person

pytestmark = pytest.mark.django_db

#: Takes the planner longer than a millisecond.
WIDE = {"op": "any", "of": [DANES, *({"event": f"event {number}"} for number in range(98))]}


def test_a_quick_count_is_exact():
    crowd(30, country="DK")
    person(country="SE")

    assert preview.count(understand(document(DANES))) == preview.Count(30, exact=True)


def test_a_slow_count_is_an_estimate_and_leaves_the_transaction_usable():
    crowd(30, country="DK")
    person(country="SE")

    found = preview.count(understand(document(WIDE)), patience_ms=1)

    assert found == preview.Count(30, exact=False)
    assert preview.count(understand(document(DANES))).exact


def test_nobody_is_counted_as_nobody():
    assert preview.count(understand(document(WIDE)), patience_ms=1) == preview.Count(0, exact=False)
