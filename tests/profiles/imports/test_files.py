"""Uploaded files at rest: sealed, readable at any place, and not alterable unseen."""

import io

import pytest
from django.conf import settings

from profiles.imports import files
from profiles.imports.names import shown_name
from profiles.imports.refusals import Damaged

PIECE = files.PIECE


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.KENDT_FILES = tmp_path


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_kept_file_is_read_back_whole(size):
    content = bytes(number % 251 for number in range(1_000)) * (size // 1_000 + 1)
    kept = files.keep(io.BytesIO(content[:size]))

    with files.opened(kept.name) as file:
        assert file.read() == content[:size]
    assert kept.size == size


def test_a_kept_file_is_read_at_any_place():
    content = b"".join(b"%07d" % number for number in range(400_000))
    kept = files.keep(io.BytesIO(content))

    with files.opened(kept.name) as file:
        for place in (0, PIECE - 3, 2 * PIECE - 1, len(content) - 5, 10):
            file.seek(place)
            assert file.read(9) == content[place : place + 9]
        assert file.seek(0, io.SEEK_END) == len(content)
        assert file.read() == b""


def test_nothing_of_a_kept_file_can_be_read_on_disk():
    kept = files.keep(io.BytesIO(b"anna.planted@example.dk\n" * 1_000))
    (path,) = (settings.KENDT_FILES / "imports").iterdir()

    assert b"planted" not in path.read_bytes()
    assert path.name == kept.name
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def _altered(content: bytes) -> list[bytes]:
    sealed = PIECE + files.SEALING
    return [
        content[:100] + bytes([content[100] ^ 1]) + content[101:],
        content[:sealed],  # the last piece is cut off
        content[sealed : 2 * sealed] + content[:sealed] + content[2 * sealed :],
    ]


@pytest.mark.parametrize("way", range(3))
def test_a_kept_file_that_was_altered_is_refused(way):
    kept = files.keep(io.BytesIO(b"x" * (2 * PIECE + 5)))
    path = settings.KENDT_FILES / "imports" / kept.name
    path.write_bytes(_altered(path.read_bytes())[way])

    with pytest.raises(Damaged), files.opened(kept.name) as file:
        file.read()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\files\\kunder.csv", "kunder.csv"),
        ("a\x00b\n.csv", "ab.csv"),
        ("\u202egpj.exe.csv", "gpj.exe.csv"),
        ("x" * 296 + ".csv", "x" * 179 + "…" + "x" * 16 + ".csv"),
        ("<svg onload=alert(1)>.svg", "<svg onload=alert(1)>.svg"),
        ("Åse's kunder.csv", "Åse's kunder.csv"),
    ],
)
def test_names_are_only_ever_shown_and_cannot_mislead(name, shown):
    assert shown_name(name) == shown
