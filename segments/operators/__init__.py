"""The tests that a value may be put to, by type of value. Each is one entry: its SQL, its words."""

from segments.operators.base import Operator, row_condition
from segments.operators.boolean import BOOLEAN
from segments.operators.date import DATE
from segments.operators.list import LIST
from segments.operators.number import NUMBER
from segments.operators.text import TEXT

BY_TYPE: dict[str, dict[str, Operator]] = {
    "text": TEXT,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "date": DATE,
    "list": LIST,
}

__all__ = ["BY_TYPE", "Operator", "row_condition"]
