"""`manage.py verify`: is every projection what its evidence says?"""

from django.core.management.base import BaseCommand, CommandError

from cdp.base.progress import Progress
from cdp.operations import guards, verify


class Command(BaseCommand):
    help = "Fold every projection again and report each difference. `rebuild` mends them."

    def handle(self, **options):
        with Progress("verify") as progress:
            differences = verify.verify(progress)
        for name, count in differences.items():
            self.stdout.write(f"{name:<40} {count or 'in order':>12}")
        for difference in guards.differences() if differences["database.guards"] else []:
            self.stdout.write(f"  {difference}")
        if any(differences.values()):
            raise CommandError("Not all is as it should be: `manage.py rebuild` folds again, and mends the guards.")
        self.stdout.write(f"All {len(differences) - 1} projections are what their evidence says, and all guards stand.")
