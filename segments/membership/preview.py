"""How many people a definition means, quickly: the exact number, or after two seconds an estimate from a sample."""

from dataclasses import dataclass

from django.db import OperationalError, transaction
from django.utils import timezone

from cdp.base.database import sql, statistics
from segments.language.compiler import Statement, compile
from segments.language.parsing import Definition
from segments.language.vocabulary import Catalogue

PATIENCE_MS = 2000
SAMPLE = 2000


@dataclass(frozen=True)
class Count:
    """`people`, exact or "about"."""

    people: int
    exact: bool


def count(definition: Definition, catalogue: Catalogue | None = None, *, patience_ms: int = PATIENCE_MS) -> Count:
    """Living people whom `definition` means now."""
    catalogue = catalogue or Catalogue.load()
    as_of = timezone.now()
    try:
        return Count(_counted(compile(definition, as_of=as_of, catalogue=catalogue), patience_ms), exact=True)
    except OperationalError:
        return Count(_estimated(definition, as_of, catalogue), exact=False)


@transaction.atomic
def _counted(statement: Statement, patience_ms: int) -> int:
    sql.execute(f"SET LOCAL statement_timeout = {patience_ms}")
    found = sql.value(f"SELECT count(*) FROM ({statement.sql}) m", statement.params)
    sql.execute("SET LOCAL statement_timeout = DEFAULT")
    return found


def _estimated(definition, as_of, catalogue) -> int:
    """What is found in a random share of the table of people, scaled up to all of it."""
    rows = sql.value(f"SELECT greatest({statistics.estimated_rows('profiles_profile')}, 1)")
    percent = min(100.0, 100 * SAMPLE / rows)
    drawn = [row[0] for row in sql.rows("SELECT id FROM profiles_profile TABLESAMPLE SYSTEM (%s)", (percent,))]
    if not drawn:
        return 0
    statement = compile(definition, as_of=as_of, only=drawn, catalogue=catalogue)
    found = sql.value(f"SELECT count(*) FROM ({statement.sql}) m", statement.params)
    return round(found * 100 / percent)
