"""An import killed at random points gives exactly what an uninterrupted one gives."""

import multiprocessing
import os
import random
import time

import pytest
from django.db import connection

from profiles.imports.run import runs
from profiles.models import (
    Event,
    EventKey,
    FileImport,
    GoldenValue,
    Identifier,
    OrderLine,
    Record,
    Rejection,
    SourceIdentity,
)
from profiles.models.sources import ImportState
from tests.builders import days_ago
from tests.conftest import empty_everything
from tests.profiles.imports.building import (
    CUSTOMER,
    ORDER_LINE,
    WHOLE_ORDER,
    counts,
    proposed,
    some_customers,
    some_order_lines,
    some_whole_orders,
)
from tests.profiles.imports.run import crashing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
KILLS = int(os.environ.get("KENDT_KILLS", "10"))  # the release gate is 50
BLOCK_ROWS = 40
ORDERS = ORDER_LINE | {"traits": {"city": "what"}}


@pytest.fixture
def spawn(settings, tmp_path):
    """Starts a process that goes on with an import."""
    settings.KENDT_FILES = tmp_path
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([crashing.__name__])

    def start(file_import: FileImport):
        database = connection.settings_dict["NAME"]
        child = context.Process(target=crashing.work, args=(database, str(tmp_path), BLOCK_ROWS, str(file_import.pk)))
        child.start()
        return child

    return start


def result(file_import: FileImport) -> dict:
    """All that an import left, without ids and moments of writing."""
    file_import.refresh_from_db()
    person = "record__identity__external_key"
    return {
        "counts": (file_import.state, file_import.rows_done, file_import.blocks_done, counts(file_import)),
        "events": _all(Event, "occurred_at", "order_id", "amount", "properties", person),
        "lines": _all(OrderLine, "event__order_id", "position", "product_id", "amount"),
        "keys": EventKey.objects.count(),
        "identities": _all(SourceIdentity, "external_key"),
        "records": _all(Record, "identity__external_key", "version", "digest", "row_number"),
        "identifiers": _all(Identifier, "identity__external_key", "blind"),
        "golden": _all(GoldenValue, "attribute__code", "text", "number"),
        "rejections": _all(Rejection, "row_number", "column", "code"),
    }


def _all(model, *fields) -> list[tuple]:
    return sorted(model.objects.values_list(*fields), key=str)


@pytest.mark.parametrize(
    ("content", "spec"),
    [
        (some_customers(1_200) + b"c9,x@example.dk,New name,Ribe,1\n,,nobody,,\nc7,a,b,c,no number\n", CUSTOMER),
        (some_order_lines(1_600) + b"c1,never,o1,1,1,\n", ORDERS),
        (some_whole_orders(1_600), WHOLE_ORDER),
    ],
    ids=["customers", "events", "orders"],
)
def test_an_import_killed_at_random_points_equals_an_uninterrupted_one(content, spec, spawn, monkeypatch):
    monkeypatch.setattr(runs, "BLOCK_ROWS", BLOCK_ROWS)
    uninterrupted = result(runs.run(file_import=runs.start(file_import=proposed(content, spec))))
    dice = random.Random(20261121)
    kills = 0
    while kills < KILLS:
        empty_everything()
        file_import = runs.start(file_import=proposed(content, spec))
        kills += _killed_again_and_again(file_import, spawn, dice)
        assert result(file_import) == uninterrupted


def _killed_again_and_again(file_import: FileImport, spawn, dice) -> int:
    """Kill the process of an import at random until it is done; give how often."""
    kills = 0
    while file_import.state != ImportState.DONE:
        child = spawn(file_import)
        child.join(timeout=dice.uniform(0.05, 0.6))
        if child.is_alive():
            child.kill()
            child.join()
            kills += 1
        FileImport.objects.filter(pk=file_import.pk, state=ImportState.RUNNING).update(leased_until=days_ago(1))
        time.sleep(0.02)
        file_import.refresh_from_db()
    return kills
