"""The clock of the database: the only one that dates evidence, whichever machine wrote it."""

from datetime import datetime

from cdp.base.database.sql import value


def now() -> datetime:
    """This moment, which goes on inside a transaction."""
    return value("SELECT clock_timestamp()")
