"""Properties that have columns of their own, because segments use them often."""

from collections.abc import Callable
from decimal import Decimal

from cdp.base.numbers import Unreadable, canonical, in_range

STEP = Decimal("0.0001")


def extract_columns(row, properties: dict) -> dict:
    """Move what has a column into `row`, an event or a line; give the rest. What would lose by it stays where it is."""
    taken = set()
    for name in COLUMNS:
        if name in properties:
            column, fitting = COLUMNS[name]
            if getattr(row, column, ABSENT) is None and (value := fitting(properties[name])) is not None:
                setattr(row, column, value)
                taken.add(name)
    return {name: value for name, value in properties.items() if name not in taken} if taken else properties


def unread_columns(row, properties: dict) -> bool:
    """Whether `properties` say a number or a currency that could not be read into its column of `row`."""
    return any(
        properties.get(name) not in (None, "") and getattr(row, column) is None
        for name, (column, fitting) in COLUMNS.items()
        if fitting in (_number, _currency)
    )


def fits_money(number: Decimal) -> Decimal | None:
    """The number where it fits numeric(18, 4) without loss, else None. Raises Unreadable."""
    number = in_range(number)
    return number if number == number.quantize(STEP) else None


def _text(longest: int) -> Callable:
    def fitting(value) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return value if isinstance(value, str) and 0 < len(value) <= longest else None

    return fitting


def _currency(value) -> str | None:
    code = value.strip().upper() if isinstance(value, str) else ""
    return code if len(code) == 3 else None


def _number(value) -> Decimal | None:
    """A number, or a text that is one."""
    try:
        return fits_money(canonical(value))
    except Unreadable:
        return None


ABSENT = object()
#: Name in the e-commerce specifications: its column, and what fits there. The first name of a column counts.
COLUMNS = {
    "category": ("category", _text(200)),
    "order_id": ("order_id", _text(100)),
    "orderId": ("order_id", _text(100)),
    "product_id": ("product_id", _text(100)),
    "productId": ("product_id", _text(100)),
    "sku": ("product_id", _text(100)),
    "currency": ("currency", _currency),
    "quantity": ("quantity", _number),
    "price": ("price", _number),
    "revenue": ("amount", _number),
    "total": ("amount", _number),
    "value": ("amount", _number),
}
