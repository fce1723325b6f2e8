"""`manage.py issue_key --source CODE` or `--service NAME --scopes a,b`: a new key, printed once."""

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from cdp.access import service_keys
from cdp.base.errors import Refused
from profiles.ingestion.http import write_keys
from profiles.models import Source


class Command(BaseCommand):
    help = "Print a new write key of a source, or a new service key for the management API. It is shown only now."

    def add_arguments(self, parser):
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("--source", metavar="CODE", help="the source that will send with it")
        kind.add_argument("--service", metavar="NAME", help="the service that will use the management API with it")
        parser.add_argument("--scopes", default="", metavar="A,B", help="what a service may do, with commas between")
        parser.add_argument("--test", action="store_true", help="a key for trying out: what it writes is test data")

    def handle(self, *, source, service, scopes, test, **options):
        text = self.of_source(source, test) if source else self.of_service(service, scopes, test)
        self.stdout.write(text)

    def of_source(self, code: str, is_test: bool) -> str:
        source = Source.objects.filter(code=code).first()
        if source is None:
            known = ", ".join(Source.objects.values_list("code", flat=True))
            raise CommandError(f"There is no source {code}. Known: {known}.")
        return write_keys.make(source=source, is_test=is_test)[1]

    def of_service(self, name: str, scopes: str, is_test: bool) -> str:
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        if not wanted:
            raise CommandError("A service key needs --scopes, such as profiles:read,consents:write.")
        try:
            return service_keys.issue(name=name, scopes=wanted, is_test=is_test)[1]
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except IntegrityError:
            raise CommandError(f"There is a service key named {name} already; choose another name.") from None
