"""`manage.py rebuild`: fold every projection again."""

from django.core.management.base import BaseCommand

from cdp.base.progress import Progress
from cdp.operations import verify


class Command(BaseCommand):
    help = "Fold every projection again from its evidence."

    def handle(self, **options):
        with Progress("rebuild") as progress:
            verify.rebuild(progress)
        self.stdout.write("Every projection was folded again.")
