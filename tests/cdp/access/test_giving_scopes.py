"""Who makes a service key gives it no more than they may do themselves, and the logs say who made it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from cdp.access import service_keys
from cdp.access.roles import ROLES
from cdp.base.api.scopes import GIVEN_WITH, SCOPES, not_held
from cdp.models import ServiceKey
from profiles.models import AccessEntry
from tests.api import Service
from tests.builders import user
from tests.profiles.building import person
from tests.some import each

pytestmark = pytest.mark.django_db
ADD = reverse("admin:cdp_servicekey_add")
MAKERS = ["Lead steward", "Compliance officer", "Integration admin"]
LETS_DATA_OUT = {"pii:read", "segments:export", "partners:share"}


def given(role: str) -> set[str]:
    return SCOPES.keys() - set(not_held(user(roles=[role]), SCOPES))


def test_every_scope_has_its_permission():
    assert GIVEN_WITH.keys() == SCOPES.keys()


def test_the_makers_of_keys_are_these_roles():
    assert [name for name, role in ROLES.items() if "cdp.add_servicekey" in role.permissions()] == MAKERS


def test_each_maker_gives_what_they_may_do():
    assert given("Compliance officer") == SCOPES.keys() - {"profiles:write", "segments:write"}
    assert given("Lead steward") == SCOPES.keys() - {"partners:share", "audit:read"}
    assert given("Integration admin") == {"profiles:write", "segments:read"}


def test_every_scope_can_be_given_by_somebody():
    assert set().union(*map(given, MAKERS)) == SCOPES.keys()


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_scope_that_its_maker_does_not_hold_is_refused_by_the_verb(scope):
    ida = user(roles=["Integration admin"])
    if scope in given("Integration admin"):
        assert service_keys.issue(name="Till", scopes=[scope], by=ida)[0].made_by == ida
        return

    with pytest.raises(service_keys.ScopeNotHeld, match=scope):
        service_keys.issue(name="Till", scopes=["segments:read", scope], by=ida)

    assert not ServiceKey.objects.exists()


def test_the_form_shows_what_one_may_not_give_and_why(client):
    client.force_login(user(roles=["Integration admin"]))

    boxes = client.get(ADD).context["adminform"].form["scopes"].subwidgets

    disabled = {box.data["value"] for box in boxes if box.data["attrs"].get("disabled")}
    assert disabled == SCOPES.keys() - given("Integration admin")
    assert all(("you cannot give it" in box.data["label"]) == (box.data["value"] in disabled) for box in each(boxes))


def test_a_form_that_ticks_them_nevertheless_makes_no_key(client):
    client.force_login(user(roles=["Integration admin"]))

    answer = client.post(ADD, {"name": "Evil", "scopes": ["segments:read", *LETS_DATA_OUT]})

    assert "you cannot give it: " in answer.context["adminform"].form.errors["scopes"][0]
    assert not ServiceKey.objects.exists()


def test_a_new_key_says_in_the_log_what_it_may_do_and_who_made_it(client):
    carl = user(roles=["Compliance officer"])
    client.force_login(carl)

    client.post(ADD, {"name": "Reports", "scopes": ["profiles:read", "pii:read"]})

    key = ServiceKey.objects.get()
    entry = LogEntry.objects.get(object_id=key.pk)
    assert (key.made_by, key.history.get().history_user_id) == (carl, carl.pk)
    assert (entry.user, entry.get_change_message()) == (carl, "Made with the scopes pii:read, profiles:read")


def test_the_system_admin_ends_keys_and_makes_none(client):
    key, _text = service_keys.issue(name="Till", scopes=["pii:read"])
    client.force_login(user(roles=["System admin"]))

    client.post(reverse("admin:cdp_servicekey_changelist"), {"action": "revoke", "_selected_action": [key.pk]})

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert client.get(ADD).status_code == 403


def test_a_key_is_not_opened_further_by_whoever_could_not_have_made_it(client):
    key, _text = service_keys.issue(name="Till", scopes=["pii:read"], networks=["10.0.0.0/8"])
    client.force_login(user(roles=["Integration admin"]))

    client.post(reverse("admin:cdp_servicekey_change", args=[key.pk]), {"name": "Mine", "networks": ""})

    key.refresh_from_db()
    assert (key.name, key.networks) == ("Till", ["10.0.0.0/8"])


def test_what_a_key_reads_stands_in_the_access_log_with_its_maker():
    carl = user(roles=["Compliance officer"])
    service = Service("profiles:read", "pii:read", by=carl)

    service.get(f"profiles/prf_{person().pk}", {"X-Purpose": "order"}, reveal="true")

    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.actor_label) == (service.key.pk, f"{service.key.name} ({carl.username})")
