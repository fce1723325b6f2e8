"""Upkeep: of the way in every night, of what the planner believes every hour."""

from procrastinate.contrib.django import app

from cdp.access.accounts import sessions
from cdp.base.database import statistics


@app.periodic(cron="47 3 * * *")
@app.task(name="cdp.tidy", queue="upkeep", queueing_lock="cdp.tidy")
def tidy(timestamp: int) -> None:
    """Every night: expired sessions go, and notes of sign-ins that are older than they may be kept."""
    sessions.tidy()


@app.periodic(cron="23 * * * *")
@app.task(name="cdp.plan", queue="upkeep", queueing_lock="cdp.plan")
def plan(timestamp: int) -> None:
    """Every hour: partitioned tables, which autovacuum never looks at as a whole, are looked at."""
    statistics.analyze_stale_tables()
