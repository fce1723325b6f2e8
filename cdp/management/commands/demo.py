"""`manage.py demo`: a Nordic retailer that does not exist, of any size."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cdp.base.progress import Progress
from cdp.data import demo
from cdp.data.demo import load
from profiles.models import Profile


class Command(BaseCommand):
    help = "Fill an empty installation with the demo: people, events, consents, agreements, segments, sign-ins."

    def add_arguments(self, parser):
        parser.add_argument("--people", type=int, default=2_000)
        parser.add_argument("--events", type=int, default=40_000)
        parser.add_argument("--seed", type=int, default=load.SEED, help="the same seed gives the same people")

    def handle(self, *, people, events, seed, **options):
        if settings.PRODUCTION:
            raise CommandError("The demo is not for production.")
        if Profile.objects.exists():
            raise CommandError("There are people already. The demo fills an empty installation only.")
        with Progress("demo") as progress:
            passwords = load.fill(people=people, events=events, seed=seed, progress=progress)
        demo.remember(passwords)
        self.stdout.write(demo.welcome())
