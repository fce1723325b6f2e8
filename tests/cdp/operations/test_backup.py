"""Backup and restore with PostgreSQL's own programs, from one real database into another."""

import json

import pytest
from django.db import connection

from cdp.base.database.ids import uuid7
from cdp.models import User
from cdp.operations import backup, postgres_binaries
from cdp.operations.backup import BackupError, Files
from profiles.models import DataKey
from tests.cdp.base.stages import Stages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def installation():
    """A database with one row that a person reads, and one in the vault."""
    User.objects.create(username="anna")
    identity = uuid7()
    DataKey.objects.create(identity=identity, wrapped=b"planted-key", kek_version=1)
    return identity


@pytest.fixture
def empty_database():
    """A new database beside the tests' own; the connection leads to it after `switch()`."""
    ours = connection.settings_dict["NAME"]
    theirs = f"{ours}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{theirs}"')
        cursor.execute(f'CREATE DATABASE "{theirs}"')
    yield lambda: switch_to(theirs)
    switch_to(ours)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{theirs}"')


def switch_to(name):
    connection.close()
    connection.settings_dict["NAME"] = name


def test_backup_restores_every_row_and_rule(installation, empty_database, tmp_path):
    backup.write(tmp_path)
    before = rows_and_rules()
    empty_database()

    restored = backup.restore(tmp_path)

    assert restored["public.cdp_user"] == 1
    assert rows_and_rules() == before
    assert list(User.objects.values_list("username", flat=True)) == ["anna"]
    assert bytes(DataKey.objects.get(identity=installation).wrapped) == b"planted-key"


def rows_and_rules():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'trigger', tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal UNION ALL "
            "SELECT 'constraint', conrelid::regclass::text, conname FROM pg_constraint WHERE conrelid <> 0 "
            "AND contype <> 'n' UNION ALL "
            "SELECT 'index', indrelid::regclass::text, indexrelid::regclass::text FROM pg_index WHERE indisvalid"
        )
        return backup.rows(), {row for row in cursor.fetchall() if not row[1].startswith("pg_")}


def test_ordinary_dump_has_no_key_of_a_person(installation, tmp_path):
    ordinary, vault = backup.write(tmp_path / "today.dump").dumps

    assert b"planted-key".hex() not in rows_as_text(ordinary)
    assert b"planted-key".hex() in rows_as_text(vault)
    assert "anna" in rows_as_text(ordinary)


def rows_as_text(dump):
    return postgres_binaries.run([postgres_binaries.folder() / "pg_restore", "--file=-", dump]).stdout


def test_files_are_readable_by_their_owner_only_and_named_after_the_dump(tmp_path):
    backup.write(tmp_path / "deep" / "today.dump")

    found = {file.name: oct(file.stat().st_mode & 0o777) for file in (tmp_path / "deep").iterdir()}
    assert found == {"today.dump": "0o600", "today.vault.dump": "0o600", "today.json": "0o600"}


def test_backup_overwrites_nothing(tmp_path):
    backup.write(tmp_path / "today.dump")

    with pytest.raises(BackupError, match=r"today\.json exists already"):
        backup.write(tmp_path / "today.dump")


@pytest.mark.parametrize("name", ["today.dump", "today.vault.dump", "today.json", ""])
def test_backup_is_found_by_any_of_its_files_or_its_folder(tmp_path, name):
    (tmp_path / "today.json").touch()

    assert Files.to_read(tmp_path / name) == Files(tmp_path / "today.json")


def test_restore_into_a_database_with_tables_is_refused(tmp_path):
    backup.write(tmp_path)

    with pytest.raises(BackupError, match="not empty"):
        backup.restore(tmp_path)


@pytest.mark.parametrize("missing", ["today.dump", "today.vault.dump", "today.json"])
def test_restore_without_one_of_the_files_is_refused(tmp_path, missing):
    backup.write(tmp_path / "today.dump")
    (tmp_path / missing).unlink()

    with pytest.raises(BackupError, match=f"{missing} is missing"):
        backup.restore(tmp_path / "today.dump")


def test_altered_dump_is_refused(tmp_path):
    dump, _ = backup.write(tmp_path).dumps
    with dump.open("ab") as file:
        file.write(b"x")

    with pytest.raises(BackupError, match="SHA-256"):
        backup.restore(tmp_path)


def test_damaged_dump_restores_nothing_at_all(empty_database, tmp_path):
    files = backup.write(tmp_path)
    dump = files.dumps[0]
    dump.write_bytes(dump.read_bytes()[:-200_000])
    manifest = json.loads(files.manifest.read_text())
    manifest["sha256"][dump.name] = backup.checksum(dump)
    files.manifest.write_text(json.dumps(manifest))
    empty_database()

    with pytest.raises(BackupError):
        backup.restore(tmp_path)

    assert backup.tables() == []


def test_backup_and_restore_tell_how_far_they_are_in_rows(installation, empty_database, tmp_path):
    backing_up, restoring = Stages(), Stages()

    backup.write(tmp_path, backing_up)
    empty_database()
    total = sum(backup.restore(tmp_path, restoring).values())

    assert backing_up.known[-1] == ("rows", total, total)
    ((_rows, expected, poured),) = [stage for stage in restoring.known if stage[0] == "rows"]
    assert expected == total
    assert poured >= total
