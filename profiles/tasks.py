"""Jobs of the queue. A job only says that there is something to do; what to do stands in the rows."""

from uuid import UUID

from procrastinate.contrib.django import app

from profiles import identity
from profiles.changes import keeping
from profiles.ingestion.events import draining, months, quarantine
from profiles.ingestion.http.queue import DRAIN


@app.task(name=DRAIN, queue="ingest")
def drain(ingest_request: str) -> None:
    draining.drain(ingest_request=UUID(ingest_request))


@app.periodic(cron="* * * * * */10")
@app.task(name="profiles.sweep", queue="ingest", queueing_lock="profiles.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Every ten seconds: what a killed worker left, and what failed, is tried again."""
    draining.sweep()


@app.periodic(cron="17 3 * * *")
@app.task(name="profiles.purge", queue="ingest", queueing_lock="profiles.purge")
def purge(timestamp: int) -> None:
    """Every night: what has passed its day goes."""
    draining.purge()
    quarantine.purge()
    keeping.purge()


@app.periodic(cron="7 3 * * *")
@app.task(name="profiles.make_months", queue="ingest", queueing_lock="profiles.make_months", pass_context=False)
def make_months(timestamp: int) -> None:
    """Every night: the months to come have their partitions of events before their first event."""
    months.make_around_today()


@app.periodic(cron="37 3 * * *")
@app.task(name="profiles.lapse", queue="ingest", queueing_lock="profiles.lapse")
def lapse(timestamp: int) -> None:
    """Every night: what time alone has changed is folded again."""
    identity.fold_expired()
