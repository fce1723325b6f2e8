"""What came with an import goes after 30 days: the file and its rejected rows. The counts stay."""

import logging
from datetime import timedelta

from django.utils import timezone

from cdp.base.errors import Refused
from profiles.imports.files.storage import UPLOADS
from profiles.imports.run import guards, runs
from profiles.models import FileImport, Rejection

KEPT_DAYS = 30
log = logging.getLogger(__name__)


def purge() -> int:
    """Delete files and rejected rows of imports that came more than 30 days ago, and files that no import knows.

    An import that nobody has finished by then is cancelled; one at work is left until the next night. Gives how many
    imports were emptied.
    """
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    old = FileImport.objects.filter(guards.unleased(), created_at__lt=before).exclude(stored_as="")
    emptied = sum(_emptied(file_import) for file_import in old.order_by("pk"))
    for name in UPLOADS.older_than(timedelta(days=1)):
        if not FileImport.objects.filter(stored_as=name).exists():
            UPLOADS.remove(name)
    return emptied


def _emptied(file_import: FileImport) -> bool:
    """Whether its contents are gone; not where somebody has moved it meanwhile."""
    try:
        if file_import.state in runs.UNFINISHED:
            runs.cancel(file_import=file_import)
    except Refused as refusal:
        log.info("import %s is not emptied: %s", file_import.pk, refusal.code)
        return False
    UPLOADS.remove(file_import.stored_as)
    Rejection.objects.filter(file_import=file_import).delete()
    return bool(FileImport.objects.filter(pk=file_import.pk).update(stored_as="", samples={}))
