"""Batches of 100 track calls of known customers, against one bare statement a batch that does the least there is.

The limit takes the same body as one JSON parameter, leaves out messages that it has, and inserts into the same indexed
tables. Ours is the whole way: request, key, checks, sealed body and job committed; then the drain: opened, parsed,
checked, owner found, personal properties told apart, stored. HTTP itself is in neither.
"""

import base64
import io
import itertools
import random
from datetime import UTC, datetime, timedelta

import orjson
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.test import RequestFactory

from benchmarks.measure import Ratio, compare
from profiles import records
from profiles.identity import resolve
from profiles.ingestion.events import draining, names
from profiles.ingestion.http import write_keys
from profiles.models import IngestRequest, Namespace, Source

BATCHES = 150
EVENTS = 100
PEOPLE = 1_000
NAMES = ["Product Viewed", "Product Added", "Order Completed"]
BARE = """
WITH body AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%s::jsonb -> 'batch')
        AS e("messageId" text, type text, event text, timestamp timestamptz, properties jsonb)
), fresh AS (
    INSERT INTO profiles_eventkey (key) SELECT md5("messageId")::uuid FROM body
    ON CONFLICT DO NOTHING RETURNING key
)
INSERT INTO profiles_event (occurred_at, source_id, name_id, category, product_id, quantity, price, amount,
                            currency, properties, received_at)
SELECT timestamp, %s, n.id, properties ->> 'category', properties ->> 'product_id',
       (properties ->> 'quantity')::numeric, (properties ->> 'price')::numeric, (properties ->> 'revenue')::numeric,
       properties ->> 'currency', properties - '{category,product_id,quantity,price,revenue,currency}'::text[],
       now()
FROM body JOIN fresh ON fresh.key = md5("messageId")::uuid
JOIN profiles_eventname n ON (n.type, n.name) = (body.type, body.event)
"""
messages = itertools.count()
dice = random.Random(11)


def run() -> list[Ratio]:
    without_limits()
    source = Source.objects.create(
        code="bench-ingest", title="Bench", namespace=Namespace.objects.get(code="customer_no")
    )
    know(source)
    door = Door(source)
    return [
        _compare("ingest, to the stored event", source, lambda bodies: (door.send(bodies), door.drain())),
        _compare("ingest, to the acknowledgement", source, door.send, goal=0.55),
    ]


def without_limits() -> None:
    settings.INGEST_REQUESTS_PER_MINUTE = settings.INGEST_EVENTS_PER_MINUTE = 10**9


class Door:
    """The application as the web server calls it, and the worker's verb."""

    def __init__(self, source: Source):
        self.application = get_wsgi_application()
        self.credentials = "Basic " + base64.b64encode(f"{write_keys.make(source=source)[1]}:".encode()).decode()

    def send(self, bodies: list[bytes]) -> None:
        for body in bodies:
            request = RequestFactory().post("/v1/batch", b"", "application/json", HTTP_AUTHORIZATION=self.credentials)
            environ = request.environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            environ["HTTP_HOST"] = "localhost"
            answers: list[str] = []
            self.application(environ, lambda status, _headers, answers=answers: answers.append(status))
            assert answers == ["200 OK"], answers

    def drain(self) -> None:
        for ingest_request in IngestRequest.objects.filter(state="waiting").order_by("pk").values_list("pk", flat=True):
            draining.drain(ingest_request=ingest_request)


def _compare(name: str, source: Source, ours, goal: float | None = None) -> Ratio:
    bodies: list[bytes] = []

    def prepare():
        bodies[:] = [body() for _ in range(BATCHES)]

    def limit():
        for body in bodies:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(BARE, [body.decode(), source.pk])

    return compare(
        name,
        ours=lambda: ours(bodies),
        limit=limit,
        work=BATCHES * EVENTS,
        unit="events",
        goal=goal,
        before=prepare,
    )


def know(source: Source) -> None:
    """The customers are known already, and so are the months and the names of events, as on any ordinary day."""
    people = [records.Person(f"K-{number}") for number in range(PEOPLE)]
    resolve(identities=records.write(source=source, people=people).touched)
    names.numbers({("track", name) for name in NAMES})
    with connection.cursor() as cursor:
        cursor.execute("SELECT profiles_event_month(now()), profiles_event_month(now() - interval '1 day')")


def body() -> bytes:
    now = datetime.now(UTC)
    return orjson.dumps({"batch": [_call(now) for _ in range(EVENTS)], "sentAt": now.isoformat()})


def _call(now: datetime) -> dict:
    return {
        "type": "track",
        "event": dice.choice(NAMES),
        "userId": f"K-{dice.randrange(PEOPLE)}",
        "anonymousId": None,
        "messageId": f"message-{next(messages)}",
        "timestamp": (now - timedelta(seconds=dice.randrange(3600))).isoformat(),
        "properties": {
            "category": dice.choice(["shoes", "coats", "hats"]),
            "product_id": f"SKU-{dice.randrange(4000)}",
            "quantity": dice.randrange(1, 4),
            "price": 199.5,
            "revenue": 399.0,
            "currency": "DKK",
            "campaign": "spring",
        },
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}, "locale": "da-DK"},
    }
