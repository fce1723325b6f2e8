"""Narrow rules against hand-written SQL that selects the same people, and a run against a bare INSERT of its members.

R1: equality of one attribute. R2: and, or, and not over attributes. R3: at least three views of a category in 90 days
and none in the last 30. The hand-written R3 reads the events once; the rule states two conditions.
"""

from datetime import UTC, datetime, timedelta

from benchmarks.measure import Ratio, compare
from cdp.base.database import sql
from cdp.base.database.ids import uuid7
from profiles.ingestion.events import names
from profiles.models import Attribute, Namespace, Source
from profiles.models.projection import Rule
from segments.language.compiler import compile
from segments.language.parsing import understand
from segments.membership import compute, definitions
from segments.models import Segment

PEOPLE, EVENTS = 100_000, 1_000_000
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
VIEWED = ("track", "Product Viewed")
SHOES = [{"prop": "category", "is": "is", "value": "shoes"}]

R1 = {"attr": "country", "is": "is", "value": "SE"}
EVERYBODY = {"attr": "country", "is": "is_set"}
R2 = {
    "op": "all",
    "of": [
        {"attr": "country", "is": "in", "value": ["DK", "SE"]},
        {
            "op": "any",
            "of": [{"attr": "gender", "is": "is", "value": "f"}, {"attr": "city", "is": "is", "value": "c7"}],
        },
        {"op": "none", "of": [{"attr": "language", "is": "is", "value": "en"}]},
    ],
}
R3 = {
    "op": "all",
    "of": [
        {
            "event": "Product Viewed",
            "where": SHOES,
            "window": {"last": 90, "unit": "day"},
            "count": {"cmp": ">=", "n": 3},
        },
        {
            "event": "Product Viewed",
            "where": SHOES,
            "window": {"last": 30, "unit": "day"},
            "count": {"cmp": "=", "n": 0},
        },
    ],
}

LIVING = "NOT p.is_test AND p.erased_at IS NULL"
BARE_R1 = f"""
SELECT p.id FROM profiles_goldenvalue g JOIN profiles_profile p ON p.id = g.profile_id
WHERE g.attribute_id = %(country)s AND g.text = 'SE' AND {LIVING}
"""
BARE_R2 = f"""
SELECT p.id FROM profiles_goldenvalue c JOIN profiles_profile p ON p.id = c.profile_id
WHERE c.attribute_id = %(country)s AND c.text IN ('DK', 'SE') AND {LIVING} AND c.profile_id IN (
    SELECT profile_id FROM profiles_goldenvalue WHERE attribute_id = %(gender)s AND text = 'f'
    UNION ALL SELECT profile_id FROM profiles_goldenvalue WHERE attribute_id = %(city)s AND text = 'c7')
AND NOT EXISTS (
    SELECT FROM profiles_goldenvalue l
    WHERE l.profile_id = c.profile_id AND l.attribute_id = %(language)s AND l.text = 'en')
"""
BARE_R3 = f"""
SELECT p.id FROM (
    SELECT profile_id FROM profiles_event
    WHERE name_id = %(viewed)s AND category = 'shoes' AND occurred_at >= %(from)s AND occurred_at < %(as_of)s
    GROUP BY profile_id HAVING count(*) >= 3 AND max(occurred_at) < %(month)s
) e JOIN profiles_profile p ON p.id = e.profile_id WHERE {LIVING}
"""


def run() -> list[Ratio]:
    _people()
    _events()
    sql.execute("ANALYZE")
    known = dict(Attribute.objects.values_list("code", "pk"))
    known |= {"from": AS_OF - timedelta(days=90), "month": AS_OF - timedelta(days=30), "as_of": AS_OF}
    known["viewed"] = names.numbers([VIEWED])[VIEWED]
    rules = [("R1", R1, BARE_R1), ("R2", R2, BARE_R2), ("R3", R3, BARE_R3)]
    return [*(_rule(name, rule, bare, known) for name, rule, bare in rules), *_membership()]


def _rule(name: str, rule: dict, bare: str, known: dict) -> Ratio:
    statement = compile(understand({"v": 1, "zone": "UTC", "rule": rule}), as_of=AS_OF)
    found = sql.rows(statement.sql, statement.params)
    assert sorted(found) == sorted(sql.rows(bare, known)), name
    return compare(
        f"segment rule {name}",
        ours=lambda: _ten_times(statement.sql, statement.params),
        limit=lambda: _ten_times(bare, known),
        work=10 * PEOPLE,
        unit="people",
        goal=1 / 1.3,
    )


def _ten_times(statement: str, params) -> None:
    """Long enough for the clock of a process, which counts hundredths of a second."""
    for _ in range(10):
        sql.value(f"SELECT count(*) FROM ({statement}) m", params)


def _membership() -> list[Ratio]:
    """A first run that writes every member, and one in which nothing changed."""
    segment = definitions.draft(key="bench", title="Bench", by=None)
    definitions.activate(segment, document={"v": 1, "zone": "UTC", "rule": EVERYBODY}, reason="bench", by=None)
    segment.refresh_from_db()
    first = compare(
        "members written with their intervals",
        ours=lambda: compute.refresh(Segment.objects.get(pk=segment.pk)),
        limit=_bare_insert,
        work=_members(segment),
        unit="members",
        goal=1 / 25,
        before=_nobody,
    )
    compute.refresh(Segment.objects.get(pk=segment.pk))
    unchanged = compare(
        "a run in which nobody moves, against the first",
        ours=lambda: compute.refresh(Segment.objects.get(pk=segment.pk)),
        limit=lambda: None,
        work=_members(segment),
        unit="members",
    )
    still = Ratio(unchanged.name, unchanged.ours, first.ours, unchanged.unit, goal=1 / 0.3)
    return [first, still]


def _members(segment) -> int:
    run = compute.refresh(Segment.objects.get(pk=segment.pk))
    assert run.members, run.error
    return run.members


def _bare_insert() -> None:
    sql.execute(
        """
        INSERT INTO bare SELECT %s::uuid, g.profile_id, now(), %s::uuid FROM profiles_goldenvalue g
        JOIN profiles_profile p ON p.id = g.profile_id AND NOT p.is_test
        JOIN profiles_attribute a ON a.id = g.attribute_id AND a.code = 'country'
        """,
        [uuid7(), uuid7()],
    )


def _nobody() -> None:
    sql.execute("DROP TABLE IF EXISTS bare")
    sql.execute("CREATE TABLE bare (segment uuid, profile uuid, entered_at timestamptz, run uuid)")
    sql.execute("ALTER TABLE segments_membership DISABLE TRIGGER USER")
    sql.execute("TRUNCATE segments_membership")
    sql.execute("ALTER TABLE segments_membership ENABLE TRIGGER USER")


def _people() -> None:
    """People with four open values each, some of them missing; one in a hundred is test data."""
    source = Source.objects.create(code="bench", title="Bench", namespace=Namespace.objects.get(code="customer_no"))
    sql.execute(
        """
        CREATE TEMP TABLE crowd AS
            SELECT n, gen_random_uuid() AS id, sha256(n::text::bytea) AS digest
            FROM generate_series(1, %(people)s) n;
        INSERT INTO profiles_profile (id, is_test, identity_count) SELECT id, n %% 100 = 0, 1 FROM crowd;
        INSERT INTO profiles_sourceidentity (id, source_id, external_key, profile_id, is_test)
            SELECT id, %(source)s, md5(n::text)::uuid, id, n %% 100 = 0 FROM crowd;
        INSERT INTO profiles_record (identity_id, source_id, version, party, digest, traits, verified, observed_at)
            SELECT id, %(source)s, 1, 1, digest, jsonb_strip_nulls(jsonb_build_object(
                'country', (ARRAY['DK', 'SE', 'NO', 'FI'])[1 + n %% 4],
                'gender', CASE WHEN n %% 2 = 0 THEN 'f' END,
                'language', (ARRAY['da', 'sv', 'en'])[1 + n %% 3],
                'city', 'c' || n %% 50)), false, '2020-01-01' FROM crowd;
        INSERT INTO profiles_goldenvalue (profile_id, record_id, attribute_id, candidates, party, rule, text)
            SELECT r.identity_id, r.id, a.id, 1, 1, %(only)s, said.value
            FROM profiles_record r, jsonb_each_text(r.traits) AS said(code, value)
            JOIN profiles_attribute a ON a.code = said.code;
        """,
        {"people": PEOPLE, "source": source.pk, "only": Rule.ONLY},
    )


def _events() -> None:
    """A year of events, a third of them views, in ten categories, spread over the people."""
    names.numbers({("track", name) for name in ("Product Viewed", "Page", "Order Completed")})
    sql.execute(
        """
        SELECT profiles_event_month(month)
        FROM generate_series('2025-01-01'::timestamptz, '2025-12-31', interval '1 month') AS month;
        INSERT INTO profiles_event (occurred_at, source_id, profile_id, name_id, category, received_at)
            SELECT '2025-01-01'::timestamptz + e * interval '1 year' / %(events)s,
                   (SELECT id FROM profiles_source WHERE code = 'bench'), c.id,
                   (SELECT array_agg(id ORDER BY name DESC) FROM profiles_eventname)[1 + e %% 3],
                   CASE e / 3 %% 10 WHEN 0 THEN 'shoes' ELSE 'k' || e / 3 %% 10 END, now()
            FROM generate_series(0, %(events)s - 1) e
            JOIN crowd c ON c.n = 1 + (e::bigint * 7919 + e / 1000) %% (%(people)s / 5);
        """,
        {"events": EVENTS, "people": PEOPLE},
    )
