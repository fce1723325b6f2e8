"""The tests that a value may be put to, by type of value. Each is one entry: its SQL, its words."""

from segments.language.operators.base import Operator, row_condition
from segments.language.operators.boolean import BOOLEAN
from segments.language.operators.date import DATE
from segments.language.operators.list import LIST
from segments.language.operators.number import NUMBER
from segments.language.operators.text import TEXT

BY_TYPE: dict[str, dict[str, Operator]] = {
    "text": TEXT,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "date": DATE,
    "list": LIST,
}

__all__ = ["BY_TYPE", "Operator", "row_condition"]
