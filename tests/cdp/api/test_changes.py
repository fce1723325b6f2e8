"""Following the changes over the API: each kind by its scope, page by page, and told clearly when to start again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cdp.api.changes import SCOPE, as_cursor
from cdp.base.database.ids import uuid7
from profiles import changes
from profiles.changes import ChangeKind, keeping
from tests.api import Service
from tests.builders import source
from tests.profiles.building import person, say

pytestmark = pytest.mark.django_db(transaction=True)
SCOPES = ("profiles:read", "consents:read", "segments:read", "partners:read")


def told(service, **asked) -> list[tuple]:
    return [(row["kind"], row["profile"]) for row in service.get("changes", **asked).json()["data"]]


def test_an_integrator_sees_the_tombstone_and_the_survivor_of_a_merge_between_two_pulls():
    service = Service("profiles:read")
    anna = person(email="anna@example.dk", city="Aarhus")
    cursor = service.get("changes", after="latest").json()["next_cursor"]
    crm = source("crm", namespace="loyalty_no")
    bo = person(source=crm, external_id="C-1")
    say(source=crm, external_id="C-1", email="anna@example.dk")

    answer = service.get("changes", after=cursor).json()

    assert answer["has_more"] is False
    assert [{name: row[name] for name in ("kind", "profile", "object", "what")} for row in answer["data"]] == [
        {"kind": "profile.created", "profile": f"prf_{bo.pk}", "object": None, "what": []},
        {"kind": "profile.merged", "profile": f"prf_{bo.pk}", "object": f"prf_{anna.pk}", "what": []},
        {"kind": "profile.changed", "profile": f"prf_{anna.pk}", "object": None, "what": ["source_records"]},
    ]
    assert service.get("changes", after=answer["next_cursor"]).json()["data"] == []


def test_each_kind_asks_for_the_scope_that_reads_the_thing():
    who = uuid7()
    for kind in ChangeKind:
        changes.record(kind=kind, profiles=[who], object=uuid7())

    seen = {scope: {kind for kind, _profile in told(Service(scope))} for scope in SCOPES}

    assert seen == {scope: {kind for kind, needed in SCOPE.items() if needed == scope} for scope in SCOPES}
    assert set.union(*seen.values()) == set(ChangeKind)
    assert seen["consents:read"] == {"consent.changed"}


def test_a_key_that_reads_none_of_it_is_refused_and_so_is_a_kind_that_it_may_not_read():
    none = Service("audit:read").get("changes")
    other = Service("profiles:read").get("changes", kind="profile.merged,consent.changed")

    assert (none.status_code, other.status_code) == (403, 403)
    assert "consents:read" in other.json()["detail"]


def test_only_the_kinds_asked_for_come_page_by_page():
    service = Service(*SCOPES)
    who = [uuid7() for _number in range(3)]
    for one in who:
        changes.record(kind=ChangeKind.PROFILE_ERASED, profiles=[one])
        changes.record(kind=ChangeKind.MEMBER_LEFT, profiles=[one])

    pages, cursor = [], {}
    for _page in range(3):
        page = service.get("changes", kind="profile.erased", limit=1, **cursor).json()
        pages.append(([row["profile"] for row in page["data"]], page["has_more"]))
        cursor = {"after": page["next_cursor"]}

    assert pages == [([f"prf_{who[0]}"], True), ([f"prf_{who[1]}"], True), ([f"prf_{who[2]}"], False)]


def test_test_data_are_not_told():
    person(is_test=True)
    real = person()

    assert told(Service("profiles:read")) == [("profile.created", f"prf_{real.pk}")]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"after": "nonsense"}, "invalid_cursor"),
        ({"after": "MS4xLjE"}, "invalid_cursor"),
        ({"after": "æ"}, "invalid_cursor"),
        ({"after": ""}, "invalid_cursor"),
        ({"limit": "0"}, "invalid_limit"),
        ({"kind": "profile.gone"}, "invalid_kind"),
        ({"kind": ""}, "invalid_kind"),
        ({"cursor": "x"}, "unknown_parameter"),
        ({"since": "x"}, "unknown_parameter"),
    ],
    ids=str,
)
def test_a_parameter_that_cannot_be_meant_is_refused_by_its_name(asked, code):
    answer = Service("profiles:read").get("changes", **asked)

    assert answer.status_code == 400
    assert [(error["code"], error["pointer"]) for error in answer.json()["errors"]] == [(code, f"/{next(iter(asked))}")]


def test_a_cursor_that_is_older_than_what_is_kept_says_start_again(settings):
    settings.CHANGES_KEPT_DAYS = 10
    position = changes.present()
    old = as_cursor(position._replace(moment=timezone.now() - timedelta(days=11)), position.epoch)

    answer = Service("profiles:read").get("changes", after=old)

    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")
    assert "full walk" in answer.json()["detail"]


def test_a_cursor_from_before_a_restore_says_start_again_and_a_new_walk_sees_all():
    service = Service("profiles:read")
    before = person()
    cursor = service.get("changes").json()["next_cursor"]
    keeping.begin_epoch()
    after = person()

    assert service.get("changes", after=cursor).json()["code"] == "cursor_expired"
    first = service.get("changes", limit=1).json()
    second = service.get("changes", limit=1, after=first["next_cursor"]).json()
    assert [page["data"][0]["profile"] for page in (first, second)] == [f"prf_{before.pk}", f"prf_{after.pk}"]
