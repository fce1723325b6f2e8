"""Properties that have columns of their own, because segments use them often."""

from decimal import Decimal, InvalidOperation

from profiles.ingestion.events import EventRow

#: Column: the names it has in the e-commerce specifications, the first that is there counts.
TEXTS = {
    "category": (("category",), 200),
    "order_id": (("order_id", "orderId"), 100),
    "product_id": (("product_id", "productId", "sku"), 100),
    "currency": (("currency",), 3),
}
NUMBERS = {"quantity": ("quantity",), "price": ("price",), "amount": ("revenue", "total", "value")}
MOST = Decimal(10**14)
STEP = Decimal("0.0001")


def lifted(row: EventRow, properties: dict) -> dict:
    """Move what has a column into `row`; give the rest. What would lose by it stays where it is."""
    taken = set()
    for column, (names, longest) in TEXTS.items():
        for name in names:
            if (text := _text(properties.get(name), longest)) is not None:
                setattr(row, column, text.upper() if column == "currency" else text)
                taken.add(name)
                break
    for column, names in NUMBERS.items():
        for name in names:
            if (number := _number(properties.get(name))) is not None:
                setattr(row, column, number)
                taken.add(name)
                break
    return {name: value for name, value in properties.items() if name not in taken} if taken else properties


def _text(value, longest: int) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and 0 < len(value) <= longest else None


def _number(value) -> Decimal | None:
    """A number that fits numeric(18, 4) without loss."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
        return number if number.is_finite() and abs(number) < MOST and number == number.quantize(STEP) else None
    except InvalidOperation:
        return None
