"""`manage.py verify`: is every projection what its evidence says?"""

from django.core.management.base import BaseCommand, CommandError

from cdp import integrity


class Command(BaseCommand):
    help = "Fold every projection again and report each difference. `rebuild` mends them."

    def handle(self, **options):
        differences = integrity.verify()
        for name, count in differences.items():
            self.stdout.write(f"{name:<40} {count or 'in order':>12}")
        if any(differences.values()):
            raise CommandError("Some projections differ from their evidence. `manage.py rebuild` folds them again.")
        self.stdout.write(f"All {len(differences)} projections are what their evidence says.")
