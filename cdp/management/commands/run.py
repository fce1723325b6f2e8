"""`manage.py run`: everything that `make run` needs, in one process that looks after the others."""

import errno
import hashlib
import http.client
import io
import os
import signal
import socket
import sys
import time

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from cdp.data import demo
from cdp.management.commands.db import start_database
from cdp.operations import database_server, supervisor
from cdp.operations.checks import refuse_unsafe_start
from cdp.operations.supervisor import Process, RunRecord
from profiles.models import Profile

DATABASE_LOOK_SECONDS = 5
PORT_SECONDS = 5  # for what is left of an earlier run to let go of the port
WEB_OPTIONS = ["--threads=4", "--graceful-timeout=20", "--log-level=warning", "--no-control-socket"]
WORKER_OPTIONS = ["--concurrency=2", "--shutdown-graceful-timeout=20", "--delete-jobs=successful"]


class Command(BaseCommand):
    help = "Start the database, bring it up to date, and serve: web and worker, until Ctrl-C."
    requires_system_checks = []  # they need the database, which is started first

    def handle(self, **_options):
        hear_signals(signal.default_int_handler)
        try:
            with supervisor.sole_run(settings.KENDT_DATA) as record:
                self._run(record)
        except (database_server.EmbeddedError, supervisor.RunningAlready) as trouble:
            raise CommandError(str(trouble)) from None

    def _run(self, record: RunRecord) -> None:
        if orphans := record.end_orphans():
            self.say(f"Ended {orphans} processes that an earlier run had left behind.")
        record.stops_database = record.stops_database or not database_runs()
        children = [web(), worker()]
        record.write(children)
        try:
            self._prepare()
            self._serve(children, record)
        except KeyboardInterrupt:
            self.say("Stopping.")
        finally:
            hear_signals(signal.SIG_IGN)  # a second Ctrl-C does not tear what is being put down
            supervisor.stop(children)
            if record.stops_database:
                database_server.stop(settings.KENDT_DATA)

    def _prepare(self) -> None:
        refuse_taken_port()
        if not settings.EXTERNAL_DATABASE and start_database():
            self.say("The database was started.")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("roles", stdout=io.StringIO())
        refuse_unsafe_start()
        if settings.KENDT_ENV == "local" and not Profile.objects.exists():
            self.say("The database has no people yet: making the demo.")
            call_command("demo", stdout=io.StringIO())
        collect_static_files()
        connections.close_all()  # this process only watches from here on

    def _serve(self, children: list[Process], record: RunRecord) -> None:
        announced, look = False, time.monotonic()
        while True:
            if [child for child in children if child.tend(self.say)]:
                record.write(children)
            if not announced and web_answers():
                self._announce()
                announced = True
            if not settings.EXTERNAL_DATABASE and time.monotonic() > look:
                look = time.monotonic() + DATABASE_LOOK_SECONDS
                self._mend_database()
            time.sleep(0.3)

    def _mend_database(self) -> None:
        if database_server.status(settings.KENDT_DATA) is database_server.ServerState.STOPPED:
            self.say("The database server is gone; starting it again.")
            database_server.start(settings.KENDT_DATA)

    def _announce(self) -> None:
        address = f"http://{bracketed(local_host())}:{settings.KENDT_PORT}/"
        self.say(f"\nKendt answers at {address}\n{demo.welcome()}\nStop it with Ctrl-C.\n")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def hear_signals(handler) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def web() -> Process:
    size = ["--bind", f"{bracketed(settings.KENDT_HOST)}:{settings.KENDT_PORT}", f"--workers={min(os.cpu_count(), 4)}"]
    command = [sys.executable, "-m", "gunicorn", "cdp.wsgi:application", "--chdir", str(settings.BASE_DIR)]
    return Process("web", [*command, *size, *WEB_OPTIONS])


def worker() -> Process:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "procrastinate", "worker"]
    return Process("worker", [*command, *WORKER_OPTIONS])


def database_runs() -> bool:
    return (
        settings.EXTERNAL_DATABASE
        or database_server.status(settings.KENDT_DATA) is not database_server.ServerState.STOPPED
    )


def refuse_taken_port() -> None:
    """Say so at once where another program has our port, rather than let the web server die of it again and again."""
    until = time.monotonic() + PORT_SECONDS
    family = socket.AF_INET6 if ":" in settings.KENDT_HOST else socket.AF_INET
    while True:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                return probe.bind((settings.KENDT_HOST, settings.KENDT_PORT))
            except OSError as trouble:
                if trouble.errno != errno.EADDRINUSE or time.monotonic() > until:
                    raise CommandError(
                        f"{settings.KENDT_HOST}:{settings.KENDT_PORT}: {trouble.strerror}. "
                        "Set KENDT_HOST and KENDT_PORT to an address that is free."
                    ) from None
        time.sleep(0.5)


def collect_static_files() -> None:
    """Gather and compress the static files where any of them changed."""
    stamp = settings.KENDT_DATA / "static.stamp"
    present = static_files()
    if not stamp.exists() or stamp.read_text() != present:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(present)


def static_files() -> str:
    """A digest of how static files are kept, and of the names, sizes and times of all of our apps and libraries."""
    digest = hashlib.sha256(settings.STATIC_FILES.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = os.stat(storage.path(name))
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def web_answers() -> bool:
    web = http.client.HTTPConnection(local_host(), settings.KENDT_PORT, timeout=2)
    try:
        web.request("GET", "/health/live")
        return bool(web.getresponse().status)  # whatever it says, it is there
    except OSError:
        return False
    finally:
        web.close()


def local_host() -> str:
    """Where this machine finds us."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.KENDT_HOST, settings.KENDT_HOST)  # noqa: S104 (not bound)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
