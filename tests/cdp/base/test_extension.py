"""A place for extensions keeps its order, knows the same extension again, and refuses two of one turn."""

import pytest

from cdp.base.extension import ExtensionPoint


def test_extensions_are_asked_in_the_order_that_they_say():
    point = ExtensionPoint("letters")
    point.add("later", order=20)
    point.add("first", order=10)
    point.add("first", order=10)

    assert list(point) == ["first", "later"]
    assert point.only == "first"


def test_two_extensions_cannot_have_one_turn():
    point = ExtensionPoint("letters")
    point.add("one", order=10)

    with pytest.raises(ValueError, match="letters"):
        point.add("other", order=10)
    assert list(point) == ["one"]


def test_a_place_that_nobody_fills_is_empty():
    assert (list(ExtensionPoint("letters")), ExtensionPoint("letters").only) == ([], None)
