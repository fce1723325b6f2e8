"""How many bytes each table and each of its indexes takes, a row and a person, and which indexes nobody has read.

Partitions are summed into their table. Rows are what the planner believes: nothing is counted from end to end.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from cdp.base.database.sql import rows

PEOPLE = "profiles_profile"

#: (table, rows, bytes of the table with what it keeps outside its rows, without indexes)
TABLES = """
SELECT whole.relname, sum(CASE WHEN c.reltuples < 0 THEN coalesce(s.n_live_tup, 0) ELSE c.reltuples END)::bigint,
       sum(pg_table_size(c.oid))::bigint
FROM (SELECT c.oid, c.reltuples, coalesce(pg_partition_root(c.oid), c.oid) AS root FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname IN ('public', 'vault')) c
JOIN pg_class whole ON whole.oid = c.root LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
GROUP BY whole.relname
"""
#: (table, index, bytes, times read, whether it guards: a key or another constraint that holds without being read)
INDEXES = """
SELECT whole.relname, named.relname, sum(pg_relation_size(i.indexrelid))::bigint, coalesce(sum(s.idx_scan), 0)::bigint,
       bool_or(i.indisunique OR i.indisexclusion)
FROM (SELECT i.*, coalesce(pg_partition_root(i.indexrelid), i.indexrelid) AS root,
             coalesce(pg_partition_root(i.indrelid), i.indrelid) AS whole FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname IN ('public', 'vault')) i
JOIN pg_class whole ON whole.oid = i.whole JOIN pg_class named ON named.oid = i.root
LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = i.indexrelid
GROUP BY whole.relname, named.relname
"""
SINCE = "SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True)
class Index:
    name: str
    bytes: int
    reads: int
    guards: bool


@dataclass(frozen=True)
class TableSize:
    """bytes: of the table itself; `total` adds its indexes."""

    name: str
    rows: int
    bytes: int
    indexes: list[Index] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.bytes + sum(index.bytes for index in self.indexes)


def measured(tables: Iterable[tuple], indexes: Iterable[tuple]) -> list[TableSize]:
    """The largest first. Takes the rows of TABLES and INDEXES."""
    found = defaultdict(list)
    for table, *index in indexes:
        found[table].append(Index(*index))
    sizes = [TableSize(*table, sorted(found[table[0]], key=lambda one: -one.bytes)) for table in tables]
    return sorted(sizes, key=lambda one: (-one.total, one.name))


def measure() -> list[TableSize]:
    return measured(rows(TABLES), rows(INDEXES))


def people(sizes: list[TableSize]) -> int:
    """Profiles, for bytes a person; at least 1."""
    return max(1, *(one.rows for one in sizes if one.name == PEOPLE))


def never_read(sizes: list[TableSize]) -> list[Index]:
    """Indexes that no statement has used and that guard nothing: what they cost is for nothing."""
    return [index for one in sizes for index in one.indexes if not index.reads and not index.guards]


def report() -> str:
    """A table for the terminal, and the indexes that nobody has read since statistics began."""
    sizes = measure()
    since = rows(SINCE)[0][0]
    lines = [_line("table, and its indexes", "rows", "bytes", "a row", "a profile", "read"), *_lines(sizes)]
    unread = ", ".join(f"{one.name} ({one.bytes:,} bytes)" for one in never_read(sizes)) or "none"
    began = f"since {since:%Y-%m-%d %H:%M} UTC" if since else "since statistics began"
    return "\n".join([*lines, "", f"Indexes never read {began}, that guard nothing: {unread}"])


def _lines(sizes: list[TableSize]) -> Iterable[str]:
    profiles = people(sizes)
    for one in sizes:
        yield _line(one.name, f"{one.rows:,}", *_shares(one.bytes, one.rows, profiles), "")
        for index in one.indexes:
            reads = f"{index.reads:,}" if index.reads else "guards only" if index.guards else "never"
            yield _line(f"  {index.name}", "", *_shares(index.bytes, one.rows, profiles), reads)
    total = sum(one.total for one in sizes)
    yield _line("all", "", f"{total:,}", "", f"{total / profiles:,.0f}", "")


def _shares(size: int, count: int, profiles: int) -> tuple[str, str, str]:
    """Bytes, a row, a profile."""
    return f"{size:,}", f"{size / count:,.0f}" if count else "", f"{size / profiles:,.0f}"


def _line(name: str, *numbers: str) -> str:
    return f"{name:<58}" + "".join(f"{number:>14}" for number in numbers).rstrip()
