"""Files in, against COPY of what came of them into the same indexed tables.

Events: order lines from reading the file to the last commit. Customers: the limit also seals the same values with bare
AES-GCM under a key a person, and makes the same blind indexes with bare HMAC.
"""

import csv
import hmac
import io
import os
import random
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from benchmarks.measure import TURNS, Ratio, compare, cpu_seconds
from profiles.imports.run import runs
from profiles.models import FileImport, Identifier, Mapping, Namespace, Record, Source
from profiles.models.sources import ImportState

RETAIL = settings.KENDT_TEST_DATA / "transactions" / "online_retail.parquet"
EVENTS = ["profiles_event"]
KEYS = ["profiles_eventkey"]
PEOPLE = ["profiles_profile", "profiles_sourceidentity", "profiles_datakey", "profiles_record"]
FACTS = ["profiles_identifier", "profiles_goldenvalue"]
CUSTOMERS = 5_000
ORDER_LINES = {
    "external_id": "CustomerID",
    "event": {
        "name": "Order Line",
        "occurred_at": "InvoiceDate",
        "order_id": "InvoiceNo",
        "product_id": "StockCode",
        "quantity": "Quantity",
        "price": "UnitPrice",
        "amount": {"multiply": ["Quantity", "UnitPrice"]},
        "currency": {"value": "GBP"},
        "properties": {"description": "Description"},
    },
}
CUSTOMER = {
    "external_id": "id",
    "identifiers": {"email": "email", "phone": "phone"},
    "traits": {"first_name": "first", "last_name": "last", "street": "street", "city": "city", "country": "country"},
}
SEALED = 3  # of the traits of a customer


def run() -> list[Ratio]:
    source = Source.objects.create(
        code="bench", title="Bench", namespace=Namespace.objects.get(code="customer_no"), time_zone="Europe/London"
    )
    return [*_events(source), _customers(source)]


def _events(source: Source) -> list[Ratio]:
    mapping = runs.remember_mapping(source=source, name="order lines", rows="events", spec=ORDER_LINES)
    file = RETAIL.open("rb") if RETAIL.exists() else _order_lines()
    rows = _load(file, source, mapping).rows_new
    stored, keys = _stored(EVENTS), _stored(KEYS)
    events = compare(
        "import of events",
        ours=lambda: _load(file, source, mapping),
        limit=lambda: _copy(stored),
        work=rows,
        unit="rows",
        goal=0.4,
        before=_empty,
    )
    return [events, _with_keys(events, rows, keys)]


def _with_keys(events: Ratio, rows: int, keys: dict[str, bytes]) -> Ratio:
    """The same, where the limit also keeps what makes a second import change nothing."""
    spent = []
    for _turn in range(TURNS):
        _empty()
        spent.append(cpu_seconds(lambda: _copy(keys)))
    return replace(events, name=f"{events.name}, keys too", limit=rows / (rows / events.limit + min(spent)), goal=None)


def _customers(source: Source) -> Ratio:
    mapping = runs.remember_mapping(source=source, name="customers", rows="customers", spec=CUSTOMER)
    file = _customer_file()
    _empty()
    rows = _load(file, source, mapping).rows_new
    stored = _stored(PEOPLE + FACTS)
    sealed = [
        len(blob) for model in (Identifier, Record) for blob in model.objects.values_list("sealed", flat=True) if blob
    ]
    blinded = Identifier.objects.count() + rows * (1 + SEALED)
    return compare(
        "import of customers",
        ours=lambda: _load(file, source, mapping),
        limit=lambda: (_copy(stored), _seal(rows, sealed), _blind(blinded)),
        work=rows,
        unit="rows",
        before=_empty,
    )


def _load(file, source: Source, mapping: Mapping) -> FileImport:
    file_import = runs.propose(file=file, file_name="bench", source=source, by=None)
    runs.start(file_import=runs.describe(file_import=file_import, mapping=mapping))
    return runs.run(file_import=file_import)


def _stored(tables: list[str]) -> dict[str, bytes]:
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
                found[table] = b"".join(map(bytes, copy))
    return found


def _copy(stored: dict[str, bytes]) -> None:
    with connection.cursor() as cursor:
        for table, content in stored.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(content)


def _empty() -> None:
    """No people and no events; partitions stay. Evidence refuses this to everyone but the owner of the tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        guarded = [table for (table,) in cursor.fetchall()]
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {', '.join(EVENTS + KEYS + PEOPLE + FACTS)} CASCADE")
        FileImport.objects.update(state=ImportState.CANCELLED)  # so that the same file may come again
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _seal(people: int, sizes: list[int]) -> None:
    """As many values of the same sizes, under as many keys."""
    each = max(1, len(sizes) // people)
    for start in range(0, len(sizes), each):
        key = AESGCM(os.urandom(32))
        for size in sizes[start : start + each]:
            key.encrypt(os.urandom(12), b"x" * (size - 29), b"place|identity|1")


def _blind(count: int) -> None:
    key = os.urandom(32)
    for number in range(count):
        hmac.digest(key, b"person%d@example.dk" % number, "sha256")


def _customer_file() -> io.BytesIO:
    dice = random.Random(7)
    rows = (
        [n, f"person{n}@example.dk", f"+4520{n:06d}", f"First{dice.randrange(900)}", f"Last{dice.randrange(9000)}",
         f"Street {dice.randrange(500)}", f"City{dice.randrange(200)}", "DK"]
        for n in range(100_000, 100_000 + CUSTOMERS)
    )  # fmt: skip
    return _file([["id", "email", "phone", "first", "last", "street", "city", "country"], *rows])


def _order_lines(count: int = 200_000) -> io.BytesIO:
    """Stands in where the public test data is not here."""
    dice = random.Random(7)
    rows = (
        [f"53{n // 20}", f"SKU{dice.randrange(4000)}", f"Thing {dice.randrange(4000)}", dice.randrange(1, 50),
         f"2011-{1 + n * 12 // count:02d}-{dice.randrange(1, 28):02d} {dice.randrange(24):02d}:00",
         f"{dice.randrange(1, 5000) / 100}", 12_000 + dice.randrange(4_000), "United Kingdom"]
        for n in range(count)
    )  # fmt: skip
    header = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
    return _file([header, *rows])


def _file(rows) -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return io.BytesIO(text.getvalue().encode())
