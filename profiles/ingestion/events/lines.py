"""Order lines: what an order, a refund or a cart says of each of its products."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from cdp.base.numbers import Unreadable
from profiles.ingestion.events.personal_properties import split_personal
from profiles.ingestion.events.properties import extract_columns, fits_money, unread_columns

#: Lists of what was only shown, up to hundreds of products a page: nothing was chosen, so they stay a property.
ONLY_SHOWN = {"Product List Viewed", "Product List Filtered"}
PRODUCTS = "products"
UNREAD = "line_unread"
MOST_LINES = 1_000
EMPTY = (None, "", {})


@dataclass(slots=True)
class Line:
    """One product of an event. properties: its open members that have no column."""

    product_id: str | None = None
    category: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None
    properties: dict | None = None


class ReadLines(NamedTuple):
    """The lines of an event; its personal members by position, to be sealed with the event; and its flags."""

    lines: list[Line]
    personal: dict[str, dict]
    flags: tuple[str, ...]


def hold_lines(name: str, products) -> bool:
    """Whether the `products` of the event of this name are its lines."""
    return name not in ONLY_SHOWN and isinstance(products, list) and any(isinstance(one, dict) for one in products)


def is_list_of_products(products) -> bool:
    return isinstance(products, list) and len(products) <= MOST_LINES and all(isinstance(one, dict) for one in products)


def read_lines(products: Iterable, *, currency: str | None) -> ReadLines:
    """currency: of lines that name none. What cannot be read stays a property of its line, and the event is flagged.

    An empty product is no line; one that is no object is a line with the property `unread`.
    """
    lines, personal, unread = [], {}, False
    for position, given in enumerate((one for one in products if one not in EMPTY), 1):
        line = Line()
        product = given if isinstance(given, dict) else {"unread": given}
        unread = unread or product is not given
        opened, secret = split_personal(product)
        line.properties = extract_columns(line, opened) or None
        unread = unread or unread_columns(line, opened)
        if secret:
            personal[str(position)] = secret
        line.amount = _amount(line) if line.amount is None else line.amount
        line.currency = line.currency or currency
        lines.append(line)
    return ReadLines(lines, personal, (UNREAD,) if unread else ())


def _amount(line: Line) -> Decimal | None:
    """Quantity times price, where both were read and the product fits without loss."""
    if line.quantity is None or line.price is None:
        return None
    try:
        return fits_money(line.quantity * line.price)
    except Unreadable:
        return None
