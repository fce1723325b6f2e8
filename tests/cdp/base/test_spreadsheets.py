"""Cells that spreadsheets would take for formulas, or for numbers."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cdp.base.spreadsheets import as_text, inert, original

SIGNS = "=+-@\t\r\n＝＋－＠"
NASTY = st.text(st.sampled_from(f"{SIGNS}'a1 ,."), max_size=8) | st.text(max_size=20)
TABLE = [
    # cell, for machines, for people
    *((cell, f"'{cell}", f"'{cell}") for cell in ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "\r=1", "\n=1", " =1"]),
    *(
        (cell, f"'{cell}", f"'{cell}")
        for cell in ["＝1+1", "＋1+1", "－1+1", "＠cmd", "\u00a0=1", '=HYPERLINK("http://x")']
    ),
    *(
        (cell, f"'{cell}", f"'{cell}")
        for cell in ["+45 20 12 34 56|calc", "+45 20 12 34 56", "-1\n", "+١", "'=1", "'+45"]
    ),
    *((cell, cell, f"'{cell}") for cell in ["+4520123456", "+467012345678", "-12.5", "-12,5"]),
    *((cell, cell, cell) for cell in ["", "Aarhus", "12.5", "a=b", "'quoted'", "'", "anna@example.dk", "1980-1984"]),
]


@pytest.mark.parametrize(("cell", "for_machines", "for_people"), TABLE)
def test_a_formula_is_text_and_a_number_is_left_to_machines(cell, for_machines, for_people):
    assert (inert(cell), as_text(cell)) == (for_machines, for_people)
    assert {original(for_machines), original(for_people)} == {cell}


@settings(max_examples=1_000)
@given(NASTY)
@example("''=1+1")
def test_every_cell_comes_back_and_none_for_people_begins_with_a_sign(cell):
    assert as_text(cell)[:1] not in SIGNS or not cell
    assert original(as_text(cell)) == original(inert(cell)) == cell
