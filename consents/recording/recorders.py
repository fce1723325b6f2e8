"""Who put an entry into the ledger: staff, a service with its key, an import, or the system.

Who decided is another matter (`actor_kind`), and only what the one who recorded it says.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.extension import ExtensionPoint
from consents.models import Ledger

#: names(ids) gives {id: name} of the services that it knows.
Names = Callable[[set[UUID]], dict[UUID, str]]
SERVICE_NAMES: ExtensionPoint[Names] = ExtensionPoint("consents.recording.recorders")


class RecorderKind(models.TextChoices):
    STAFF = "staff", gettext_lazy("staff")
    SERVICE_KEY = "service_key", gettext_lazy("service key")
    IMPORT = "import", gettext_lazy("import")
    SYSTEM = "system", gettext_lazy("system")


class Recorder(NamedTuple):
    """Who recorded an entry. name: of the user or key; the id where nobody has it; empty without one."""

    kind: RecorderKind
    name: str = ""

    def __str__(self) -> str:
        if self.kind == RecorderKind.SERVICE_KEY:
            return _("service key %(name)s") % {"name": self.name}
        if self.kind == RecorderKind.IMPORT:
            return _("an import by %(name)s") % {"name": self.name} if self.name else _("an import")
        return self.name or _("the system")


def of(entries: Iterable[Ledger]) -> dict[int, Recorder]:
    """Entry -> who recorded it, in as many statements for many as for one."""
    entries = list(entries)
    ids = {entry.history_user_id for entry in entries} - {None}
    keys = {id: name for names in SERVICE_NAMES if ids for id, name in names(ids).items()}
    staff = get_user_model().objects.in_bulk(ids - keys.keys())
    return {entry.pk: _recorder(entry, keys, staff) for entry in entries}


def _recorder(entry: Ledger, keys: dict[UUID, str], staff: dict) -> Recorder:
    id = entry.history_user_id
    if id in keys:
        return Recorder(RecorderKind.SERVICE_KEY, keys[id])
    name = str(staff.get(id, id)) if id else ""
    if entry.file_import:
        return Recorder(RecorderKind.IMPORT, name)
    return Recorder(RecorderKind.STAFF if id else RecorderKind.SYSTEM, name)
