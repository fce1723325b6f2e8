# ruff: noqa: E402 (models can be imported after the setup only)
"""A process that loads an import and is killed at it. The fork server imports this module, so each child is quick."""

import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
django.setup()

from django.conf import settings
from django.db import connections

from profiles.imports.run import runs
from profiles.models import FileImport


def work(database: str, folder: str, block_rows: int, file_import: str) -> None:
    """Run the import `file_import` in `database`, with its file in `folder`."""
    connections["default"].settings_dict["NAME"] = database
    settings.KENDT_FILES = Path(folder)
    runs.BLOCK_ROWS = block_rows
    runs.run(file_import=FileImport.objects.get(pk=file_import))
