"""A room is small enough to be seen whole: at most twelve entries beside the names that Django fixes."""

from pathlib import Path

import pytest
from django.conf import settings

APPS = ("cdp", "profiles", "consents", "partners", "segments")
MOST = 12
FIXED = {"apps", "models", "migrations", "management", "templatetags", "settings", "urls", "wsgi", "__init__"}


def entries(room: Path) -> set[str]:
    """Files and folders of a room, without those whose names Django fixes and what running leaves behind."""
    return {one.stem for one in room.iterdir() if not one.name.startswith((".", "__pycache__"))} - FIXED


def rooms(app: str) -> list[Path]:
    return [folder.parent for folder in sorted((Path(settings.BASE_DIR) / app).rglob("__init__.py"))]


@pytest.mark.parametrize("app", APPS)
def test_no_room_has_more_than_twelve_entries(app):
    found = {str(room.relative_to(settings.BASE_DIR)): len(entries(room)) for room in rooms(app)}

    assert len(found) > 3
    assert {room: count for room, count in found.items() if count > MOST} == {}
