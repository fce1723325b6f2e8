"""`manage.py roles`: the groups as the table of cdp.access.roles says, and the vocabulary that every installation
has."""

from django.core.management.base import BaseCommand

from cdp.access import roles
from cdp.data.seed import seed


class Command(BaseCommand):
    help = "Make the roles equal to the table in cdp/access/roles.py, and add the vocabulary where it lacks."

    def handle(self, **options):
        seed()
        for name, count in roles.apply().items():
            self.stdout.write(f"{name}: {count} permissions")
