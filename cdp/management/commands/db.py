"""`manage.py db start | stop | status | create | backup | restore`."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cdp import embedded

EXTERNAL = "DATABASE_URL is set: an external PostgreSQL server is used, which is started and stopped where it runs."


class Command(BaseCommand):
    help = "The embedded database server: start, stop and look at it; make databases, backups, and restore them."
    requires_system_checks = []

    def add_arguments(self, parser):
        acts = parser.add_subparsers(dest="act", required=True, metavar="act")
        acts.add_parser("start", help="start the server and make the database, where they lack")
        acts.add_parser("stop", help="stop the server, for everyone who uses it")
        acts.add_parser("status", help="say whether the server answers, and where its socket is")
        acts.add_parser("create", help="make the database KENDT_DB_NAME, where it lacks")

    def handle(self, *, act, **options):
        try:
            self.stdout.write(getattr(self, act)(**options))
        except embedded.EmbeddedError as trouble:
            raise CommandError(str(trouble)) from None

    def start(self, **_options) -> str:
        if settings.EXTERNAL_DATABASE:
            return EXTERNAL
        started = embedded.start(settings.KENDT_DATA)
        embedded.create(settings.KENDT_DATA, settings.KENDT_DB_NAME)
        return "The database server was started." if started else "The database server is running already."

    def stop(self, **_options) -> str:
        if settings.EXTERNAL_DATABASE:
            return EXTERNAL
        return "The database server was stopped." if embedded.stop(settings.KENDT_DATA) else "No server was running."

    def status(self, **_options) -> str:
        if settings.EXTERNAL_DATABASE:
            return EXTERNAL
        state = embedded.status(settings.KENDT_DATA)
        return f"{state}, socket in {settings.DATABASES['default']['HOST']}"

    def create(self, **_options) -> str:
        if settings.EXTERNAL_DATABASE:
            return EXTERNAL
        made = embedded.create(settings.KENDT_DATA, settings.KENDT_DB_NAME)
        return f"The database {settings.KENDT_DB_NAME} {'was made' if made else 'exists already'}."
