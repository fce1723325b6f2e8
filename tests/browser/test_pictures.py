"""The pages that README and the tour show, over a small demo: the rules of accessibility, in each language."""

import pytest

from cdp.data.demo import load
from cdp.management.commands import screenshots
from consents.models import Ledger
from profiles.models import SourceIdentity
from segments.models import Segment

FURTHER = [
    "/admin/consents/correctionrequest/",
    "/admin/consents/noticeversion/add/",
    "/admin/partners/partner/",
    "/admin/segments/activation/",
    "/admin/segments/destination/add/",
    "/admin/segments/segment/{segment}/define/",
    "/admin/profiles/profile/{person}/change/?tab=consents",
]


@pytest.fixture
def addresses(live_server):
    """Those of the pictures, and of pages that one comes to from there."""
    load.fill(people=150, events=1_500)
    decided = SourceIdentity.objects.get(pk=Ledger.objects.first().identity_ref)
    ids = {"segment": Segment.objects.get(key="loyal-buyers").pk, "person": decided.profile_id}
    return [path for _name, _who, path in screenshots._pages()] + [path.format(**ids) for path in FURTHER]


def test_every_pictured_page_keeps_the_accessibility_rules_in_each_language(page, sign_in, addresses, axe):
    broken, missing = {}, []
    for language in ("en", "da", "sv"):
        sign_in(superuser=True, language=language)
        for path in addresses:
            if page.goto(path).status != 200:
                missing.append(path)
            elif found := axe(page):
                broken[language, path] = found

    assert missing == []
    assert broken == {}
