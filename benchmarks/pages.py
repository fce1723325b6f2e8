"""What the main pages cost in the installation at hand, so that a large one is compared with a small one.

`python -m benchmarks.pages small.json` after `manage.py demo`; then, in an installation with a larger demo,
`python -m benchmarks.pages large.json small.json` prints CPU time as a ratio and the number of queries of both.
Each page may cost five times as much, and must ask as many queries.
"""

import json
import os
import sys
from pathlib import Path
from statistics import median

import django

TURNS = 9
PEOPLE = 3  # for pages about one person: the mean of their costs
MOST = 5.0


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    costs = {name: _cost(who, addresses) for name, who, addresses in _pages()}
    Path(sys.argv[1]).write_text(json.dumps(costs))
    smaller = json.loads(Path(sys.argv[2]).read_text()) if len(sys.argv) > 2 else costs
    return _compare(costs, smaller)


def _pages():
    """(what, who looks, addresses)."""
    from django.urls import reverse

    from consents.models import Ledger
    from profiles.models import Profile, SourceIdentity
    from profiles.values import reading
    from segments.models import Segment

    people = list(Profile.objects.living().order_by("pk").values_list("pk", flat=True)[: PEOPLE * 7 : 7])
    opened = reading.opened(people, ["email"], by=None, action="bench", purpose="addresses to search for")
    emails = [values["email"] for values in opened.values() if values.get("email")]
    asked = Ledger.objects.order_by("pk").values_list("identity_ref", flat=True)[: PEOPLE * 7 : 7]
    deciders = SourceIdentity.objects.filter(pk__in=list(asked)).values_list("profile", flat=True)
    segment = Segment.objects.order_by("key").first()
    yield "home of a steward", "anna", [reverse("admin:index")]
    yield "home of compliance", "carl", [reverse("admin:index")]
    yield "list of profiles", "anna", [reverse("admin:profiles_profile_changelist")]
    yield "search by e-mail", "anna", [reverse("admin:search") + f"?q={email}" for email in emails]
    yield "profile", "anna", [reverse("admin:profiles_profile_change", args=[one]) for one in people]
    yield "consent history", "carl", [reverse("admin:consents_person_history", args=[one]) for one in deciders]
    yield "segment", "maja", [reverse("admin:segments_segment_change", args=[segment.pk])]


def _cost(who: str, addresses: list[str]) -> dict:
    """Median CPU seconds of application and database, and the queries, of getting each address."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from benchmarks.measure import cpu_seconds
    from cdp.models import User

    client = Client()
    client.force_login(User.objects.get(username=who))
    queries = []
    for address in addresses:
        _get(client, address)  # what is learnt once is learnt now
        with CaptureQueriesContext(connection) as asked:
            _get(client, address)
        queries.append(len(asked))
    seconds = [cpu_seconds(lambda: [_get(client, one) for one in addresses]) / len(addresses) for _turn in range(TURNS)]
    return {"seconds": median(seconds), "queries": sorted(queries)}


def _get(client, address: str) -> None:
    response = client.get(address, follow=True)
    assert response.status_code == 200, (address, response.status_code)


def _compare(costs: dict, smaller: dict) -> int:
    good = True
    print("| Page | CPU ms | of the smaller | ratio | queries | of the smaller |\n|---|---|---|---|---|---|")
    for name, cost in costs.items():
        before = smaller[name]
        ratio = cost["seconds"] / before["seconds"]
        good &= ratio <= MOST and cost["queries"][-1] <= before["queries"][-1]
        shown = [f"{1000 * one['seconds']:.0f}" for one in (cost, before)]
        print(f"| {name} | {shown[0]} | {shown[1]} | {ratio:.1f} | {cost['queries']} | {before['queries']} |")
    return 0 if good else 1


if __name__ == "__main__":
    from cdp.management.command_line import database_told

    with database_told():
        code = main()
    sys.exit(code)
