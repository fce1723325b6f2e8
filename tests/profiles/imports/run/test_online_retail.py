"""The public order lines: 541,909 rows come in whole, count once, and give the published figures."""

import io
import json
from decimal import Decimal

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.db.models import Count, Sum
from django.db.models.functions import Left

from cdp.base.database.sql import rows
from profiles.imports.errors import AlreadyLoaded
from profiles.imports.run import runs
from profiles.models import Event, EventKey, GoldenValue, Profile, Record
from tests.builders import source
from tests.profiles.imports.building import counts, loaded, mapping

FILE = settings.KENDT_TEST_DATA / "transactions" / "online_retail.parquet"
ANSWERS = settings.KENDT_TEST_DATA / "answers" / "online_retail.json"
SPEC = {
    "external_id": "CustomerID",
    "traits": {"country": "Country"},
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

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason="The public test data is not here (KENDT_TEST_DATA)."),
]


def valid_purchases():
    lines = Event.objects.filter(profile__isnull=False, quantity__gt=0, price__gt=0)
    return lines.annotate(first=Left("order_id", 1)).exclude(first="C")


def a_slice_as_csv(rows: int) -> bytes:
    """The first rows as another program would write them, its columns in another order."""
    table = pq.read_table(FILE).slice(0, rows)
    table = table.set_column(4, "InvoiceDate", table["InvoiceDate"].cast("timestamp[s]"))
    out = io.BytesIO()
    pyarrow.csv.write_csv(table.select(table.column_names[::-1]), out)
    return out.getvalue()


def test_the_order_lines_give_the_published_figures_and_count_once(tmp_path, settings):
    settings.KENDT_FILES = tmp_path
    answers = json.loads(ANSWERS.read_text())
    kept = mapping(SPEC, at=source("webshop", time_zone="Europe/London", default_country="GB"))

    file_import = loaded(FILE.read_bytes(), kept, file_name=FILE.name)

    assert counts(file_import) == (answers["rows"], 0, 0, 0)
    assert Profile.objects.living().count() == answers["distinct_customers"] == 4_372
    assert Event.objects.values("order_id").distinct().count() == answers["distinct_invoices"] == 25_900
    assert Event.objects.filter(profile=None).count() == answers["rows_without_customer"]
    totals = valid_purchases().aggregate(rows=Count("id"), revenue=Sum("amount"))
    assert totals == {"rows": answers["valid_rows"], "revenue": Decimal("8911407.904")}
    assert rows("SELECT count(*), sum(amount) FROM profiles_line") == [
        (answers["rows"], Event.objects.aggregate(all=Sum("amount"))["all"])
    ]
    assert round(totals["revenue"], 2) == Decimal(str(answers["valid_revenue"]))

    before = Event.objects.count(), EventKey.objects.count(), Record.objects.count(), GoldenValue.objects.count()
    with pytest.raises(AlreadyLoaded):
        runs.start(file_import=loaded_again(kept))
    again = loaded(a_slice_as_csv(60_000), kept, file_name="the same rows.csv")

    assert counts(again) == (0, 0, 60_000, 0)
    assert before == (
        Event.objects.count(),
        EventKey.objects.count(),
        Record.objects.count(),
        GoldenValue.objects.count(),
    )


def loaded_again(kept):
    file_import = runs.propose(file=FILE.open("rb"), file_name="renamed.parquet", source=kept.source, by=None)
    return runs.describe(file_import=file_import, mapping=kept)
