"""A password that somebody else has set serves once, and whose account was changed by another is told."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from cdp.models import User
from tests.builders import days_ago, user
from tests.cdp.access.test_signing_in import CODE, HOME, PASSWORD, is_in, present_code, sign_in, with_factor

pytestmark = pytest.mark.django_db
CHOOSE = reverse("admin:new_password")
GIVEN, OWN = "given by the system admin", "only carl knows this one"


@pytest.fixture
def carl():
    person = user("carl", roles=["Compliance officer"])
    User.objects.filter(pk=person.pk).update(last_login=days_ago(1))
    return person


@pytest.fixture
def sys(client):
    person = user("sys", roles=["System admin"])
    client.force_login(person)
    return person


def give(client, person, password=GIVEN):
    page = reverse("admin:auth_user_password_change", args=[person.pk])
    return client.post(page, {"usable_password": "true", "password1": password, "password2": password})


def choose(client, password=OWN):
    return client.post(CHOOSE, {"new_password1": password, "new_password2": password})


def warnings(client) -> list[str]:
    return [str(message) for message in client.get(HOME).context["messages"]]


def test_a_given_password_leads_to_choosing_one_and_no_further(client, sys, carl):
    give(client, carl)
    client.logout()

    assert sign_in(client, "carl", GIVEN).url == CHOOSE
    assert not is_in(client)
    assert client.get(CODE).status_code == 302
    assert choose(client).url == HOME
    assert is_in(client)
    carl.refresh_from_db()
    assert (carl.must_choose_password, carl.check_password(OWN)) == (False, True)


def test_the_given_password_itself_is_no_choice(client, sys, carl):
    give(client, carl)
    client.logout()
    sign_in(client, "carl", GIVEN)

    assert "Choose another one" in choose(client, GIVEN).text
    assert not is_in(client)


def test_the_second_factor_is_asked_after_the_choice(client, sys, carl):
    device, _codes = with_factor(carl)
    give(client, carl)
    client.logout()
    sign_in(client, "carl", GIVEN)

    client.post(CODE, {"code": present_code(device)})
    assert not is_in(client)
    assert choose(client).url == CODE
    client.post(CODE, {"code": present_code(device)})

    assert is_in(client)


def test_nobody_chooses_a_password_who_need_not(client, carl):
    assert choose(client).url == reverse("admin:login")
    sign_in(client, "carl")
    assert choose(client).url == reverse("admin:login")

    carl.refresh_from_db()
    assert carl.check_password(PASSWORD)


def test_a_new_user_chooses_a_password_at_the_first_sign_in(client, sys):
    said = {"username": "nina", "usable_password": "true", "password1": GIVEN, "password2": GIVEN}
    client.post(reverse("admin:cdp_user_add"), said)
    client.logout()

    assert sign_in(client, "nina", GIVEN).url == CHOOSE


def test_one_is_told_that_another_set_the_password_and_it_is_logged(client, sys, carl):
    give(client, carl)
    client.logout()
    sign_in(client, "carl", GIVEN)
    choose(client)

    (told,) = warnings(client)
    assert told.startswith("sys changed your account (") and "password" in told
    assert LogEntry.objects.get(object_id=carl.pk).user == sys


def test_one_is_told_once_that_another_reset_the_second_factor(client, sys, carl):
    with_factor(carl)
    chosen = {"action": "reset_second_factor", "_selected_action": [carl.pk]}
    client.post(reverse("admin:cdp_user_changelist"), chosen)
    client.logout()
    assert not TOTPDevice.objects.exists()

    sign_in(client, "carl")
    (told,) = warnings(client)
    assert told.startswith("sys changed your account (") and "Second factor reset" in told

    client.logout()
    sign_in(client, "carl")
    assert warnings(client) == []


def test_ones_own_password_is_changed_where_the_present_one_is_asked(client, sys):
    assert give(client, sys).url == reverse("admin:password_change")

    sys.refresh_from_db()
    assert sys.check_password(PASSWORD)
