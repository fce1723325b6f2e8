"""Files of activations at rest: sealed under the installation's key, under names that tell nothing."""

import shutil
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cdp.kit.refused import Refused
from profiles import vault
from segments.destinations.base import DestinationFile

PLACE = "segments_activation.file"


class FileLost(Refused):
    """The file is no longer stored."""

    code = "file_lost"
    status = 410
    sentence = _("This file is no longer stored.")


def store(folder: str, files: list[DestinationFile]) -> None:
    """Write `files` sealed into a folder of their own."""
    place = _folder(folder)
    place.mkdir(mode=0o700, parents=True)
    for file in files:
        path = place / f"{file.name}.sealed"
        path.touch(mode=0o600)
        path.write_bytes(vault.seal_own(_bound(folder, file.name), file.content))


def forget(folder: str) -> None:
    """Take back what was written for a run that did not end well."""
    shutil.rmtree(_folder(folder), ignore_errors=True)


def opened(folder: str, name: str, **logged) -> bytes:
    """The content, with one line in the access log (`logged` goes to `vault.open_body`)."""
    try:
        blob = (_folder(folder) / f"{name}.sealed").read_bytes()
    except FileNotFoundError:
        raise FileLost from None
    return vault.open_body(_bound(folder, name), blob, **logged)


def _folder(folder: str) -> Path:
    return settings.KENDT_FILES / "activations" / folder


def _bound(folder: str, name: str) -> str:
    return f"{PLACE}/{folder}/{name}"
