"""Backup and restore of the database, embedded or external, with PostgreSQL's own programs.

A backup is three files of one moment: the dump, the dump of the schema `vault` apart (the keys of people, which are
kept for a shorter time so that forgotten people stay forgotten), and a manifest with checksums and rows per table.
"""

import datetime
import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import connection, transaction

from cdp.base.progress import SILENT, Progress
from cdp.operations import postgres_binaries
from profiles.changes import keeping

FORMAT = 1
VAULT = "vault"
SECTIONS = ("pre-data", "data", "post-data")  # restored in turn from both dumps, as either may refer to the other
# The first is of 17 and later; the second is a mark of the server's own that the newest minor releases put on columns.
OF_SOME_VERSIONS = re.compile(rb"SET transaction_timeout = 0;|ALTER TABLE ONLY .* SET \(pg_attver=\d+\);")
DUMPING = re.compile(r'pg_dump: dumping contents of table "(.+)"')  # with --verbose
TABLES = """
    SELECT format('%I.%I', n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    ORDER BY 1
"""


class BackupError(Exception):
    """The backup or restore cannot be done; the text says why and what to do."""


@dataclass(frozen=True)
class Files:
    """Where the three files of a backup are; each is readable by its owner only."""

    manifest: Path

    @property
    def dumps(self) -> list[Path]:
        return [self.manifest.with_suffix(".dump"), self.manifest.with_suffix(".vault.dump")]

    @classmethod
    def to_write(cls, path: Path) -> "Files":
        """For a folder, names with the time of today; for a file, its own name with three endings."""
        if path.is_dir() or not path.suffix:
            path = path / f"kendt-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}.dump"
        files = cls(path.with_suffix(".json"))
        if taken := [str(file) for file in [files.manifest, *files.dumps] if file.exists()]:
            raise BackupError(f"{taken[0]} exists already; a backup overwrites nothing.")
        return files

    @classmethod
    def to_read(cls, path: Path) -> "Files":
        """For a folder, its newest backup; for a file, the backup it belongs to."""
        if path.is_dir():
            manifests = sorted(path.glob("*.json"), key=lambda file: file.stat().st_mtime)
            if not manifests:
                raise BackupError(f"There is no backup in {path}: no manifest (.json).")
            return cls(manifests[-1])
        return cls(path.with_name(path.name.removesuffix(".dump").removesuffix(".vault")).with_suffix(".json"))


def write(path: Path, progress: Progress = SILENT) -> Files:
    """Back the database up into the folder or file `path`."""
    _refuse_newer_server()
    files = Files.to_write(path)
    files.manifest.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        moment = f"--snapshot={cursor.fetchone()[0]}"
        progress.begin("rows are counted")
        counted = rows()
        progress.begin("rows", total=sum(counted.values()))
        for dump, choice in zip(files.dumps, ("--exclude-schema", "--schema"), strict=True):
            options = ["--format=custom", "--no-owner", moment, f"{choice}={VAULT}", f"--file={dump}"]
            for table in _dumped(options):
                progress.add(counted.get(table, 0))
        _write_manifest(files, counted)
    return files


def restore(path: Path, progress: Progress = SILENT) -> dict[str, int]:
    """Fill the empty database from the backup at `path`, wholly or not at all; returns the rows per table."""
    files = Files.to_read(path)
    manifest = _checked_manifest(files)
    _refuse_newer_server()
    if taken := tables():
        raise BackupError(f"The database is not empty (it has {taken[0]}): restore into a new one.")
    progress.begin("rows", total=sum(manifest["rows"].values()))
    _pour(files, progress)
    progress.begin("rows are counted again")
    connection.close()  # a connection kept from before knows nothing of the new tables' types
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    found = rows()
    if found != manifest["rows"]:
        wrong = sorted(table for table in manifest["rows"] if found.get(table) != manifest["rows"][table])
        raise BackupError(f"The restored database differs from the manifest in: {', '.join(wrong)}.")
    keeping.begin_epoch()
    return found


def _write_manifest(files: Files, counted: dict[str, int]) -> None:
    """The manifest is the last file to appear: a backup without one is not whole."""
    manifest = {
        "format": FORMAT,
        "made_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "server": _server().server_version,
        "sha256": {dump.name: checksum(dump) for dump in files.dumps},
        "rows": counted,
    }
    draft = files.manifest.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(manifest, indent=2) + "\n")
    draft.rename(files.manifest)


def _checked_manifest(files: Files) -> dict:
    for file in [files.manifest, *files.dumps]:
        if not file.is_file():
            raise BackupError(f"{file} is missing; a backup is whole with its .json, .dump and .vault.dump.")
    manifest = json.loads(files.manifest.read_text())
    if manifest.get("format") != FORMAT:
        raise BackupError(f"{files.manifest} is not the manifest of a backup that this version reads.")
    for dump in files.dumps:
        if checksum(dump) != manifest["sha256"].get(dump.name):
            raise BackupError(f"{dump} is not the file that the manifest was written for (SHA-256).")
    return manifest


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tables() -> list[str]:
    """All tables of the database but PostgreSQL's own, by schema and name."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [table for (table,) in cursor.fetchall()]


def rows() -> dict[str, int]:
    """The number of rows in each table."""
    found = tables()
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in found))
        return dict(cursor.fetchall())


def _server() -> psycopg.ConnectionInfo:
    """What our connection knows of the server, after defaults and environment had their say."""
    connection.ensure_connection()
    return connection.connection.info


def _refuse_newer_server() -> None:
    if (major := _server().server_version // 10000) > postgres_binaries.MAJOR:
        raise BackupError(
            f"The server is PostgreSQL {major}, newer than our pg_dump {postgres_binaries.MAJOR}: "
            "use the server's own programs."
        )


def _pour(files: Files, progress: Progress) -> None:
    """Write both dumps as SQL into one psql, one transaction."""
    with tempfile.TemporaryFile("w+") as trouble:
        options = ["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        command = [postgres_binaries.folder() / "psql", *options, "--single-transaction", "--file=-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=trouble, env=_environment()) as psql:
            try:
                for block in _as_sql(files, progress):
                    psql.stdin.write(block)
                psql.stdin.close()
            except BrokenPipeError:
                pass  # psql gave up and has said why
            except BaseException:
                psql.kill()  # the end of its input would be a commit
                raise
        if psql.returncode != 0:
            trouble.seek(0)
            raise BackupError(f"psql failed: {trouble.read().strip()}")


def _as_sql(files: Files, progress: Progress) -> Iterator[bytes]:
    for section in SECTIONS:
        if section == "post-data":
            progress.begin("indexes and rules")
        for dump in files.dumps:
            command = [
                postgres_binaries.folder() / "pg_restore",
                f"--section={section}",
                "--no-owner",
                "--file=-",
                dump,
            ]
            with subprocess.Popen(command, stdout=subprocess.PIPE, env=postgres_binaries.environment()) as reader:
                yield from _definitions(reader.stdout)
                while block := reader.stdout.read(1 << 20):
                    yield block
                    progress.add(block.count(b"\n"))
            if reader.returncode != 0:
                raise BackupError(f"{dump} cannot be read; pg_restore has said why.")


def _definitions(stream) -> Iterator[bytes]:
    """The lines up to the first table's rows, without what only some versions of the server know."""
    for line in stream:
        if not OF_SOME_VERSIONS.match(line):
            yield line
        if line.startswith(b"COPY "):
            return


def _dumped(options: list[str]) -> Iterator[str]:
    """Dump; gives the name of each table once its rows are in the dump."""
    command = [postgres_binaries.folder() / "pg_dump", "--verbose", *options]
    said, table = [], None
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=_environment(), umask=0o077) as dump:
        for line in map(bytes.decode, dump.stderr):
            if begun := DUMPING.match(line):
                if table:
                    yield table
                table = begun[1]
            said = [*said[-20:], line]
    if dump.returncode != 0:
        raise BackupError(f"pg_dump failed: {''.join(said).strip()}")
    if table:
        yield table


def _environment() -> dict[str, str]:
    """The connection for PostgreSQL's programs; not on the command line, which everyone on the machine can read."""
    info = _server()
    place = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user, "PGDATABASE": info.dbname}
    secret = {"PGPASSWORD": info.password} if info.password else {}
    return (
        postgres_binaries.environment()
        | place
        | secret
        | {k: v for k, v in os.environ.items() if k.startswith("PGSSL")}
    )
