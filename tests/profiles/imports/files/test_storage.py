"""Names of uploaded files."""

import io

import pytest

from profiles.imports.errors import FileTooLarge
from profiles.imports.files import storage
from profiles.imports.files.names import shown_name


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


def test_a_file_beyond_the_limit_is_refused_and_nothing_of_it_is_kept(settings, tmp_path, monkeypatch):
    settings.KENDT_FILES = tmp_path
    monkeypatch.setattr(storage, "UNPACKED_LIMIT", 10)

    with pytest.raises(FileTooLarge):
        storage.keep(io.BytesIO(b"x" * 11))

    assert list((tmp_path / "imports").iterdir()) == []
