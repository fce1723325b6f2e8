"""Builders of files, mappings and imports."""

import csv
import io
import itertools
import json

from profiles.imports.run import runs
from profiles.models import FileImport, Mapping
from profiles.models.sources import RowKind
from tests.builders import source

CUSTOMER = {
    "external_id": "id",
    "identifiers": {"email": "email"},
    "traits": {"first_name": "name", "city": "city", "loyalty_points": "points"},
}
ORDER_LINE = {
    "external_id": "customer",
    "event": {
        "name": "Order Line",
        "occurred_at": "when",
        "order_id": "order",
        "quantity": "quantity",
        "price": "price",
        "amount": {"multiply": ["quantity", "price"]},
        "properties": {"description": "what"},
    },
}
WHOLE_ORDER = {
    "external_id": "customer",
    "event": {
        "name": "Order Completed",
        "occurred_at": "when",
        "order_id": "order",
        "currency": "currency",
        "lines": "products",
    },
}
CUSTOMER_COLUMNS = ["id", "email", "name", "city", "points"]
ORDER_COLUMNS = ["customer", "when", "order", "quantity", "price", "what"]
WHOLE_ORDER_COLUMNS = ["customer", "when", "order", "currency", "products"]
_numbers = itertools.count(1)


def table(columns: list[str], *rows, separator: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([columns, *rows])
    return text.getvalue().encode()


def customers(*rows) -> bytes:
    return table(CUSTOMER_COLUMNS, *rows)


def order_lines(*rows) -> bytes:
    return table(ORDER_COLUMNS, *rows)


def some_customers(count: int) -> bytes:
    return customers(*([f"c{n}", f"person{n}@example.dk", f"Name{n}", f"City{n % 7}", n] for n in range(count)))


def some_order_lines(count: int) -> bytes:
    """Every tenth row stands twice, every thirteenth is nobody's."""
    return order_lines(*(_order_line(n - n % 10 // 9) for n in range(count)))


def whole_orders(*rows) -> bytes:
    return table(WHOLE_ORDER_COLUMNS, *rows)


def some_whole_orders(count: int) -> bytes:
    """Orders of one to three products."""
    products = [
        json.dumps([{"sku": f"S{n}", "quantity": n, "price": 10} for n in range(1, 2 + n % 3)]) for n in range(3)
    ]
    return whole_orders(*([f"c{n % 40}", "2025-03-10 12:00", f"o{n}", "DKK", products[n % 3]] for n in range(count)))


def _order_line(n: int) -> list:
    customer = "" if n % 13 == 0 else f"c{n % 40}"
    return [customer, f"2025-0{1 + n % 9}-10 12:00", f"o{n // 3}", 1 + n % 4, "2.50", "thing"]


def mapping(spec: dict, *, name: str | None = None, at=None) -> Mapping:
    rows = RowKind.EVENTS if "event" in spec else RowKind.CUSTOMERS
    return runs.remember_mapping(source=at or source(), name=name or f"mapping {next(_numbers)}", rows=rows, spec=spec)


def proposed(content: bytes, spec: dict | Mapping, *, file_name: str = "file.csv", **options) -> FileImport:
    """An import that waits for its run."""
    found = spec if isinstance(spec, Mapping) else mapping(spec)
    file_import = runs.propose(file=io.BytesIO(content), file_name=file_name, source=found.source, by=None, **options)
    return runs.describe(file_import=file_import, mapping=found)


def loaded(content: bytes, spec: dict | Mapping, **options) -> FileImport:
    """An import that has run to its end."""
    return runs.run(file_import=runs.start(file_import=proposed(content, spec, **options)))


def counts(file_import: FileImport) -> tuple[int, int, int, int]:
    """(new, updated, unchanged, rejected)"""
    return file_import.rows_new, file_import.rows_updated, file_import.rows_unchanged, file_import.rows_rejected


def paused_after(rows: int, content: bytes, spec) -> FileImport:
    """An import that was paused when it had come so far."""
    file_import = runs.start(file_import=proposed(content, spec))
    return runs.run(
        file_import=file_import, progress=lambda done: runs.pause(file_import=file_import) if done >= rows else None
    )
