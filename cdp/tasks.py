"""Nightly upkeep of the way in."""

from procrastinate.contrib.django import app

from cdp.accounts import sessions


@app.periodic(cron="47 3 * * *")
@app.task(name="cdp.tidy", queue="upkeep", queueing_lock="cdp.tidy")
def tidy(timestamp: int) -> None:
    """Every night: expired sessions go, and notes of sign-ins that are older than they may be kept."""
    sessions.tidy()
