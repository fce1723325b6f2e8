"""What the database's planner believes of the sizes of tables, kept near the truth through bulk work.

Autovacuum looks once a minute, never inside a transaction, and never at a partitioned table as a whole. Until then a
table that was empty counts as empty, and a join of thousands of rows is planned as if it were of a single row. Worse,
a vacuum that passes while the first rows of a table are not committed yet notes that its pages hold nothing, and all
that reads the table then goes through it from end to end for each row of something else.
"""

from cdp.base.database.sql import execute, rows, value

#: So many rows at once are bulk work; of fewer, a wrong belief costs little.
BULK = 500

# A partitioned table has no pages: it is compared with what is believed of its partitions.
OUTGROWN = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'vault') AND c.relpersistence = 'p' AND pg_get_userbyid(c.relowner) = current_user
AND CASE c.relkind
    WHEN 'r' THEN pg_relation_size(c.oid) > CASE WHEN c.reltuples > 0
        THEN 2 * c.relpages * current_setting('block_size')::bigint ELSE 0 END
    WHEN 'p' THEN (SELECT sum(part.reltuples) FROM pg_inherits i JOIN pg_class part ON part.oid = i.inhrelid
        WHERE i.inhparent = c.oid AND part.reltuples > 0) > 2 * greatest(c.reltuples, 0)
END
"""


def prepare(table: str, *, count: int) -> None:
    """Before work on `count` rows of `table` and what hangs on them: no plan is made for tables taken to be empty."""
    if count >= BULK or _is_taken_for_empty(table):
        analyze_stale_tables()


def _is_taken_for_empty(table: str) -> bool:
    return value("SELECT relpages > 0 AND reltuples = 0 FROM pg_class WHERE oid = %s::regclass", [table])


def analyze_stale_tables() -> None:
    """Let the planner look at each table of ours that is more than twice as large as it believes. Waits for no lock."""
    if outgrown := [table for (table,) in rows(OUTGROWN)]:
        execute(f"ANALYZE (SKIP_LOCKED) {', '.join(outgrown)}")


def estimated_rows(table: str) -> str:
    """SQL for about how many rows `table` holds; a partitioned one by its parts, not by its own figure too."""
    return (
        "(SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class WHERE relkind = 'r' "
        f"AND (oid = '{table}'::regclass "
        f"OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = '{table}'::regclass)))"
    )
