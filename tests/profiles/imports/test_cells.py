"""Cells that spreadsheets would take for formulas."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from profiles.imports.cells import inert, original

NASTY = st.text(st.sampled_from("=+-@\t\r\n＝＋－＠'a1 "), max_size=8) | st.text(max_size=20)


@settings(max_examples=1_000)
@given(NASTY)
@example("=1+1")
@example("'=1+1")
@example("''=1+1")
@example("'just quoted'")
def test_a_cell_is_inert_outside_and_itself_again_inside(cell):
    outside = inert(cell)

    assert outside[:1] not in tuple("=+-@\t\r\n＝＋－＠") or not outside
    assert original(outside) == cell


def test_harmless_cells_stay_as_they_are():
    for cell in ("", "Anna", "12.5", "a=b", "'quoted'", "anna@example.dk"):
        assert inert(cell) == cell
