"""`manage.py rebuild`: fold every projection again."""

from django.core.management.base import BaseCommand

from cdp import integrity


class Command(BaseCommand):
    help = "Fold every projection again from its evidence."

    def handle(self, **options):
        integrity.rebuild()
        self.stdout.write("Every projection was folded again.")
