"""Jobs of imports: each carries an id; how far an import is stands in its row."""

import logging
from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from cdp.kit.refused import Refused
from profiles.imports import rejects, runs
from profiles.models import Batch

log = logging.getLogger(__name__)


@app.task(name="profiles.check_import", queue="imports")
def check_import(batch: str) -> None:
    _work(runs.check, batch)


@app.task(name="profiles.run_import", queue="imports")
def run_import(batch: str) -> None:
    _work(runs.run, batch)


@app.periodic(cron="* * * * *")
@app.task(name="profiles.take_up_imports", queueing_lock="profiles.take_up_imports", pass_context=False)
def take_up_imports(timestamp: int) -> None:
    """Every minute: an import whose process died goes on after its last committed block."""
    for batch in runs.stalled():
        with suppress(AlreadyEnqueued), transaction.atomic():
            run_import.configure(queueing_lock=f"import {batch.pk}").defer(batch=str(batch.pk))


@app.periodic(cron="17 3 * * *")
@app.task(name="profiles.purge_imports", queueing_lock="profiles.purge_imports", pass_context=False)
def purge_imports(timestamp: int) -> None:
    """Every night: contents of files go after 30 days."""
    rejects.purge()


def _work(verb, batch: str) -> None:
    """What a verb refuses stands in the import already, or another process is at work on it."""
    try:
        verb(batch=Batch.objects.get(pk=batch))
    except Refused as refusal:
        log.info("import %s: %s", batch, refusal.code)
