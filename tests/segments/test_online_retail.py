"""The main job on real data: 541,909 order lines in, the right 744 customers found, and only those who may be sent."""

import csv
import hashlib
import io
import json

import pytest
from django.conf import settings
from django.core.management import call_command

from cdp.base.database import sql
from consents.recording import ledger
from profiles.models import Profile
from profiles.values import reading
from segments.activation import activations
from segments.membership import compute, reach
from segments.models import DeliveredPerson, Destination, Segment
from tests.builders import source, user
from tests.consents import building as consents
from tests.segments.building import members, segment
from tests.some import each

FILE = settings.KENDT_TEST_DATA / "transactions" / "online_retail.parquet"
ANSWERS = settings.KENDT_TEST_DATA / "answers" / "online_retail.json"
MAPPING = {
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
    },
}
VALID = [
    {"prop": "order_id", "is": "not_starts", "value": "C"},
    {"prop": "quantity", "is": ">", "value": 0},
    {"prop": "price", "is": ">", "value": 0},
]
LOYAL = {
    "event": "Order Line",
    "where": VALID,
    "window": {"from": "2011-09-10", "to": "2011-12-09"},
    "distinct": {"of": "order_id", "cmp": ">=", "n": 3},
}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason="The public test data is not here (KENDT_TEST_DATA)."),
]


def customer_numbers(profiles) -> list[str]:
    """Numbers as the file has them, in order."""
    opened = reading.opened(profiles, ["customer_no"], by=None, action="test", purpose="comparing with the answers")
    return sorted(values["customer_no"] for values in opened.values())


def imported(folder) -> None:
    """The orders of the file as events, by the command."""
    source("webshop", time_zone="UTC")
    spec = folder / "mapping.json"
    spec.write_text(json.dumps(MAPPING))
    call_command("import_file", str(FILE), "--source", "webshop", "--mapping", "lines", "--save-mapping", str(spec),
                 "--rows", "events")  # fmt: skip


def test_the_loyal_customers_are_exactly_those_and_only_the_consenting_leave(tmp_path, settings):
    settings.KENDT_FILES = tmp_path
    imported(tmp_path)
    answers = json.loads(ANSWERS.read_text())
    expected = answers["segment_3_purchases_last_90_days_before_2011_12_09"]

    loyal = segment(LOYAL, key="loyal", zone="UTC")
    run = compute.refresh(loyal)
    inside = members(loyal)

    assert Profile.objects.living().count() == answers["distinct_customers"]
    assert run.members == expected["customers"] == 744
    joined = "\n".join(customer_numbers(inside))
    assert hashlib.sha256(joined.encode()).hexdigest() == expected["sha256_of_sorted_ids_joined_by_newline"]
    only_the_consenting_leave(Segment.objects.get(pk=loyal.pk), inside)


def only_the_consenting_leave(loyal: Segment, inside: set) -> None:
    letters = consents.purpose("letters")
    mail = Destination.objects.create(
        key="letters", title="Letters", purpose=letters, channel="post", fields=["customer_no"]
    )
    willing = sorted(inside)[:500]
    ledger.record([consents.decision(one, letters, channel="post", days_ago=1) for one in willing], by=None)
    (counted,) = reach.count(loyal)
    first = _sent(loyal, mail)
    went = _rows(first)
    consents.say(willing[0], letters, "ConsentWithdrawn", channel="post")
    second = _sent(loyal, mail)

    assert (counted.members, counted.reachable) == (744, 500)
    assert {row["profile"] for row in went} == {f"prf_{one}" for one in willing}
    assert len(went) == 500 and all(row["customer_no"] for row in each(went))
    reasons = dict(
        DeliveredPerson.objects.filter(activation=first, outcome="left_out").values_list("profile", "reason")
    )
    assert reasons == dict.fromkeys(inside - set(willing), "consent_missing")
    assert (second.sent, second.removed, len(_rows(second))) == (499, 1, 499)
    assert [row["profile"] for row in _rows(second, "removals.csv")] == [f"prf_{willing[0]}"]
    assert sql.value("SELECT count(*) FROM segments_deliveredperson WHERE outcome = 'removed'") == 1


def _sent(loyal, mail):
    asked = activations.request(segment=loyal, destination=mail, by=user())
    return activations.run(activations.approve(asked, by=user()))


def _rows(of, name="people.csv") -> list[dict]:
    return list(csv.DictReader(io.StringIO(activations.download(of, name, by=None).decode())))
