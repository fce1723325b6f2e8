"""Jobs of imports: each carries an id; how far an import is stands in its row."""

import logging
from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from cdp.base.errors import Refused
from profiles.imports.run import purging, runs
from profiles.models import FileImport

log = logging.getLogger(__name__)


@app.task(name="profiles.check_import", queue="imports")
def check_import(file_import: str) -> None:
    _work(runs.check, file_import)


@app.task(name="profiles.run_import", queue="imports")
def run_import(file_import: str) -> None:
    _work(runs.run, file_import)


@app.periodic(cron="* * * * *")
@app.task(name="profiles.take_up_imports", queueing_lock="profiles.take_up_imports", pass_context=False)
def take_up_imports(timestamp: int) -> None:
    """Every minute: an import whose process died goes on after its last committed block."""
    for file_import in runs.stalled():
        with suppress(AlreadyEnqueued), transaction.atomic():
            run_import.configure(queueing_lock=f"import {file_import.pk}").defer(file_import=str(file_import.pk))


@app.periodic(cron="17 3 * * *")
@app.task(name="profiles.purge_imports", queueing_lock="profiles.purge_imports", pass_context=False)
def purge_imports(timestamp: int) -> None:
    """Every night: contents of files go after 30 days."""
    purging.purge()


def _work(verb, file_import: str) -> None:
    """What a verb refuses stands in the import already, or another process is at work on it."""
    try:
        verb(file_import=FileImport.objects.get(pk=file_import))
    except Refused as refusal:
        log.info("import %s: %s", file_import, refusal.code)
