"""`manage.py rebuild`: fold every projection again."""

from django.core.management.base import BaseCommand

from cdp import integrity
from cdp.kit.progress import Progress


class Command(BaseCommand):
    help = "Fold every projection again from its evidence."

    def handle(self, **options):
        with Progress("rebuild") as progress:
            integrity.rebuild(progress)
        self.stdout.write("Every projection was folded again.")
