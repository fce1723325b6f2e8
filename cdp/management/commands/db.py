"""`manage.py db start | stop | status | create | sizes | backup | restore`."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cdp.base.progress import Progress
from cdp.operations import backup, database_server, sizes

EXTERNAL = "DATABASE_URL is set: an external PostgreSQL server is used, which is started and stopped where it runs."


class Command(BaseCommand):
    help = "The database: start, stop and look at the embedded server; measure tables; make backups, and restore them."
    requires_system_checks = []

    def add_arguments(self, parser):
        acts = parser.add_subparsers(dest="act", required=True, metavar="act")
        acts.add_parser("start", help="start the server and make the database, where they lack")
        acts.add_parser("stop", help="stop the server, for everyone who uses it")
        acts.add_parser("status", help="say whether the server answers, and where its socket is")
        acts.add_parser("create", help="make the database KENDT_DB_NAME, where it lacks")
        acts.add_parser("sizes", help="list rows and bytes of each table and index, and the indexes that nobody reads")
        saving = acts.add_parser("backup", help="write the database's dump, its keys apart, and a manifest")
        saving.add_argument("path", type=Path, help="a folder, or the file name of the dump")
        restoring = acts.add_parser("restore", help="fill an empty database from a backup")
        restoring.add_argument("path", type=Path, help="a folder (its newest backup is taken), or one of the files")

    def handle(self, *, act, **options):
        try:
            self.stdout.write(getattr(self, act)(**options))
        except (database_server.EmbeddedError, backup.BackupError) as trouble:
            raise CommandError(str(trouble)) from None

    def start(self, **_options) -> str:
        if settings.EXTERNAL_DATABASE:
            return EXTERNAL
        started = start_database()
        return "The database server was started." if started else "The database server is running already."

    def stop(self, **_options) -> str:
        if settings.EXTERNAL_DATABASE:
            return EXTERNAL
        return (
            "The database server was stopped."
            if database_server.stop(settings.KENDT_DATA)
            else "No server was running."
        )

    def status(self, **_options) -> str:
        if settings.EXTERNAL_DATABASE:
            return EXTERNAL
        state = database_server.status(settings.KENDT_DATA)
        return f"{state}, socket in {settings.DATABASES['default']['HOST']}"

    def create(self, **_options) -> str:
        if settings.EXTERNAL_DATABASE:
            return EXTERNAL
        made = database_server.create(settings.KENDT_DATA, settings.KENDT_DB_NAME)
        return f"The database {settings.KENDT_DB_NAME} {'was made' if made else 'exists already'}."

    def sizes(self, **_options) -> str:
        return sizes.report()

    def backup(self, *, path: Path, **_options) -> str:
        with Progress("db backup") as progress:
            files = backup.write(path, progress)
        dump, vault = files.dumps
        return (
            f"Wrote {dump} and {files.manifest},\n"
            f"and {vault}: the keys of people; store it apart, and for a shorter time.\n"
            f"Not in the backup, keep copies elsewhere: the secrets in {settings.SECRETS}, without which"
            f" no personal value can be read, and the files in {settings.KENDT_FILES}."
        )

    def restore(self, *, path: Path, **_options) -> str:
        if not settings.EXTERNAL_DATABASE:
            start_database()
        with Progress("db restore") as progress:
            rows = backup.restore(path, progress)
        return f"Restored {sum(rows.values()):,} rows in {len(rows)} tables; the counts agree with the manifest."


def start_database() -> bool:
    """Have the embedded server running and our database in it; True when the server was started."""
    started = database_server.start(settings.KENDT_DATA)
    database_server.create(settings.KENDT_DATA, settings.KENDT_DB_NAME)
    return started
