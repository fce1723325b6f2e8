"""The embedded PostgreSQL 18: made, started and stopped in a folder of our own, with the binaries of a wheel.

Layout under the data folder: `postgres/` (the home: mode 0700, holds the socket) and in it `cluster/` (PostgreSQL's
data directory). PostgreSQL refuses to run as root; root therefore runs it as the owner of the data folder or, where
that is root, as the system user `kendt`. Where that user cannot pass the parents of the data folder, the home lies
under /var/lib/kendt and `postgres` is a link to it: the rights of folders that are not ours are never touched.

This module knows nothing of Django, so that settings may import it. Failures are `EmbeddedError`.
"""

import contextlib
import enum
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from cdp.operations import postgres_binaries
from cdp.operations.postgres_binaries import EmbeddedError

ROLE = "kendt"  # what the application signs in as: no superuser, may create databases
SUPERUSER = "postgres"
PORT = "5432"  # only a part of the socket's name: there is no TCP
LONGEST_SOCKET_FOLDER = 90  # the kernel's limit is 107 characters with the socket's own name
RECOVERY_SECONDS = 300
STOP_SECONDS = 120
PROCESSES = Path("/proc")
REMAINS_SECONDS = 30  # after a SIGKILL the last backends may hold the shared memory for a moment
REMAINS = ("postmaster.pid", "pre-existing shared memory block")

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": 100,
    "huge_pages": "off",  # with `try`, containers with a limit on huge pages kill the server
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "jit": "off",
    "client_connection_check_interval": "10s",  # a statement ends when who asked for it is gone
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "logging_collector": "on",  # a file for each day of the week
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": 0,
    # No personal value reaches the log: neither statements and parameters, nor the errors and details that quote them.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": 0,
    "log_parameter_max_length_on_error": 0,
}


class ServerState(enum.StrEnum):
    RUNNING = "running"
    BUSY = "starting or stopping"
    STOPPED = "stopped"


def database(data: Path, name: str) -> dict:
    """Django's DATABASES entry for the database `name` of the server in `data`; starts nothing."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": ROLE,
        "HOST": str(ServerFolder(data).home),
        "PORT": PORT,
    }


def start(data: Path) -> bool:
    """Have the server of `data` running, made at first; True when this call started it."""
    return ServerFolder(data).start()


def stop(data: Path) -> bool:
    """Stop the server of `data`, ending its connections; False when none was running."""
    return ServerFolder(data).stop()


def status(data: Path) -> ServerState:
    return ServerFolder(data).state()


def create(data: Path, name: str) -> bool:
    """Have the database `name` on the running server of `data`; True when it was lacking."""
    host = str(ServerFolder(data).home)
    try:
        with psycopg.connect(host=host, port=PORT, user=ROLE, dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.errors.DuplicateDatabase:
        return False
    except psycopg.OperationalError as trouble:
        raise EmbeddedError(
            f"The database server does not answer; start it with `manage.py db start`. {trouble}"
        ) from None
    return True


@dataclass(frozen=True)
class ServerFolder:
    """One server and its files in one data folder."""

    data: Path

    @cached_property
    def home(self) -> Path:
        """The folder of the socket and the cluster; decided once, then remembered by what is on the disk."""
        place = self.data / "postgres"
        if place.exists() or os.geteuid() != 0 or _owner(self.data) != 0 or postgres_binaries.is_open(self.data):
            return place.resolve()
        return postgres_binaries.SYSTEM_DIR / hashlib.sha256(str(self.data.resolve()).encode()).hexdigest()[:12]

    @property
    def files(self) -> Path:
        return self.home / "cluster"

    @cached_property
    def account(self) -> pwd.struct_passwd:
        """The system user that PostgreSQL runs as and whose the cluster is."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        owner = _owner(self.files) or _owner(self.data)
        return pwd.getpwuid(owner) if owner else postgres_binaries.system_user()

    def state(self) -> ServerState:
        """Whether the server answers; only PostgreSQL's own answer counts, never a pid file."""
        command = [postgres_binaries.folder() / "pg_isready", "--quiet", "--timeout=3", "--dbname=postgres"]
        command += [f"--host={self.home}", f"--port={PORT}", f"--username={ROLE}"]
        answer = postgres_binaries.run(command, env=postgres_binaries.environment())
        return {0: ServerState.RUNNING, 1: ServerState.BUSY}.get(answer.returncode, ServerState.STOPPED)

    def start(self) -> bool:
        with self._locked():
            if self.state() is ServerState.RUNNING:
                return False
            self._prepare()
            self._launch()
            return True

    def stop(self) -> bool:
        with self._locked():
            if not self.files.exists() or self._postmaster() is None:
                return False
            self._shut_down()
            return True

    def _shut_down(self) -> None:
        """Stop the server in the gentlest way it follows; what it acknowledged is safe in either way."""
        patience = time.monotonic() + REMAINS_SECONDS
        while (
            self.state() is ServerState.BUSY and time.monotonic() < patience
        ):  # a fast stop amid recovery may hang for ever
            time.sleep(0.2)
        for mode in ("fast", "immediate"):
            result = self._run("pg_ctl", "stop", "-w", "-t", STOP_SECONDS, "-m", mode, "-D", self.files)
            if result.returncode == 0 or self._postmaster() is None:
                return
        raise EmbeddedError(f"PostgreSQL did not stop: {result.stderr.strip()}")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts or stops the server of this data folder."""
        self.data.mkdir(mode=0o711, parents=True, exist_ok=True)
        with open(self.data / "postgres.lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> None:
        if (length := len(str(self.home))) > LONGEST_SOCKET_FOLDER:
            raise EmbeddedError(
                f"The path of the database's socket is too long for the system: {self.home} has {length} characters,"
                f" {LONGEST_SOCKET_FOLDER} are possible. Set KENDT_DATA to a folder with a shorter path."
            )
        if not self.files.exists():
            self._make()
        self._refuse_other_version()
        self._write(self.files / "kendt.conf", self._settings())

    def _settings(self) -> list[str]:
        folder = str(self.home).replace('"', '""')
        here = {
            "unix_socket_directories": f'"{folder}"',
            "port": PORT,
            "shared_buffers": f"{_memory() >> 23}MB",  # an eighth
        }
        lines = [f"{name} = '{_quoted(value)}'" for name, value in (SETTINGS | here).items()]
        return ["# Written at every start; your own settings go to the end of postgresql.conf.", *lines]

    def _make(self) -> None:
        """Make an empty cluster beside its place and move it there when it is whole."""
        if self.home.parent == postgres_binaries.SYSTEM_DIR:
            postgres_binaries.shelter()
            (self.data / "postgres").unlink(missing_ok=True)
            (self.data / "postgres").symlink_to(self.home)
        self.home.mkdir(mode=0o700, exist_ok=True)
        os.chown(self.home, self.account.pw_uid, self.account.pw_gid)
        draft = self.home / "cluster.draft"
        shutil.rmtree(draft, ignore_errors=True)
        self._initialise(draft)
        draft.rename(self.files)

    def _initialise(self, folder: Path) -> None:
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._must("initdb", f"--pgdata={folder}", f"--username={SUPERUSER}", "--auth=peer", *locale)
        with open(folder / "postgresql.conf", "a") as file:
            file.write("\ninclude_if_exists = 'kendt.conf'\n")
        for name, lines in self._access().items():
            self._write(folder / name, lines)
        self._must("postgres", "--single", "-D", folder, "postgres", given=f"CREATE ROLE {ROLE} LOGIN CREATEDB\n")

    def _access(self) -> dict[str, list[str]]:
        """Only the server's own system user and root may sign in; the kernel says who they are."""
        people = dict.fromkeys(["root", self.account.pw_name])
        roles = [f'kendt "{name}" {role}' for name in people for role in (ROLE, SUPERUSER)]
        return {"pg_hba.conf": ["local all all peer map=kendt"], "pg_ident.conf": roles}

    def _write(self, path: Path, lines: list[str]) -> None:
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)
        os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _refuse_other_version(self) -> None:
        found = (self.files / "PG_VERSION").read_text().strip()
        if found != str(postgres_binaries.MAJOR):
            raise EmbeddedError(
                f"The data in {self.files} were written by PostgreSQL {found}; "
                f"this Kendt brings {postgres_binaries.MAJOR}."
                f" To move: with the earlier Kendt run `manage.py db backup FOLDER`, move {self.home} away,"
                " then with this one run `manage.py db restore FOLDER`."
            )

    def _launch(self) -> None:
        """Start the server and wait until it answers, also through crash recovery and the remains of a killed one."""
        began = time.monotonic()
        while (state := self.state()) is not ServerState.RUNNING:
            waited = time.monotonic() - began
            if waited > RECOVERY_SECONDS:
                raise EmbeddedError(f"PostgreSQL does not answer; see its log in {self.files / 'log'}.")
            trouble = self._launch_once() if state is ServerState.STOPPED else ""
            if trouble and (waited > REMAINS_SECONDS or not any(sign in trouble for sign in REMAINS)):
                raise EmbeddedError(f"PostgreSQL did not start:\n{trouble}")
            time.sleep(0.2 if trouble or state is ServerState.BUSY else 0)

    def _launch_once(self) -> str:
        """Try to start; returns what the server said when it would not."""
        self._clear_remains()
        first_words = self.home / "start.log"  # until the logging collector takes over
        first_words.unlink(missing_ok=True)
        result = self._run("pg_ctl", "start", "-w", "-t", RECOVERY_SECONDS, "-D", self.files, "-l", first_words)
        if result.returncode == 0:
            return ""
        newest = sorted(
            [*self.files.glob("log/*.log"), *self.home.glob("start.log")], key=lambda log: log.stat().st_mtime
        )
        return "".join(log.read_text(errors="replace").rpartition("starting PostgreSQL")[2] for log in newest[-2:])

    def _clear_remains(self) -> None:
        """After a SIGKILL: end backends still at work, drop the lock files, whose pid may be a zombie or a stranger.

        PostgreSQL itself refuses to start for as long as one of the backends holds the old shared memory.
        """
        if not PROCESSES.is_dir() or self._postmaster() is not None:
            return
        for process in PROCESSES.glob("[0-9]*"):
            if self._is_ours(process.name):
                with contextlib.suppress(OSError):
                    os.kill(int(process.name), signal.SIGTERM)
        for lock in (self.files / "postmaster.pid", self.home / f".s.PGSQL.{PORT}.lock"):
            lock.unlink(missing_ok=True)

    def _postmaster(self) -> int | None:
        """The pid of this cluster's server, if the pid file names one and it is alive."""
        try:
            pid = (self.files / "postmaster.pid").read_text().split()[0]
        except (FileNotFoundError, IndexError):
            return None
        return int(pid) if self._is_ours(pid) else None

    def _is_ours(self, pid: str) -> bool:
        """Whether a process is PostgreSQL at work in our cluster's folder; without /proc we believe it."""
        if not PROCESSES.is_dir():
            return True
        try:
            place, program = (os.readlink(PROCESSES / pid / link) for link in ("cwd", "exe"))
        except OSError:
            return False
        return place == str(self.files) and Path(program).name.startswith("postgres")

    def _must(self, program: str, *arguments, **options) -> None:
        result = self._run(program, *arguments, **options)
        if result.returncode != 0:
            raise EmbeddedError(f"{program} failed: {result.stderr.strip() or result.stdout.strip()}")

    def _run(self, program: str, *arguments, **options) -> subprocess.CompletedProcess:
        return postgres_binaries.run_as(self.account, program, *arguments, cwd=self.home, **options)


def _owner(path: Path) -> int:
    """The user id of the owner; root's where there is nothing yet."""
    return path.stat().st_uid if path.exists() else 0


def _memory() -> int:
    """Bytes for the server to reckon with: the machine's memory or the container's limit, at most 8 GB."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min(total, 8 << 30)


def _quoted(value: object) -> str:
    return str(value).replace("'", "''")
