"""The way in: password, second factor, locks, sessions that end when they must."""

from datetime import timedelta

import pytest
from axes.models import AccessFailureLog, AccessLog
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from cdp.access.accounts import sessions, two_factor
from cdp.access.accounts.client_address import address
from cdp.models import StaffSession
from tests.builders import days_ago, user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
HOME, SIGN_IN = reverse("admin:index"), reverse("admin:login")
CODE, SET_UP = reverse("admin:sign_in_code"), reverse("admin:second_factor")


def sign_in(client, name, password=PASSWORD, **extra):
    return client.post(SIGN_IN, {"username": name, "password": password}, **extra)


def is_in(client) -> bool:
    return client.get(HOME).status_code == 200


def present_code(device) -> str:
    return f"{totp(device.bin_key):06d}"


@pytest.fixture
def demanded(settings):
    settings.OTP_REQUIRED = True


def with_factor(person):
    device = TOTPDevice.objects.create(user=person, confirmed=True)
    return device, two_factor.new_recovery_codes(person)


# --- Password -----------------------------------------------------------------------------------------------------


def test_the_right_password_leads_home(client):
    user("anna", roles=["Steward"])

    assert sign_in(client, "anna").url == HOME
    assert is_in(client)


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("closed", PASSWORD), ("late", PASSWORD)]
)
def test_every_refusal_is_the_same_sentence(client, name, password):
    user("anna")
    user("closed", is_active=False)
    user("late", roles=["Auditor"], access_until=days_ago(1))

    answer = sign_in(client, name, password)

    assert answer.context["form"].non_field_errors() == [
        "User name and password do not fit, or this sign-in is closed."
    ]
    assert not is_in(client)


def test_signing_in_leads_to_our_own_pages_only(client):
    user("anna", roles=["Steward"])

    answer = client.post(f"{SIGN_IN}?next=https://evil.example/", {"username": "anna", "password": PASSWORD})

    assert answer.url == HOME


def test_failed_attempts_since_last_time_are_told(client):
    user("anna", roles=["Steward"])
    for _ in range(2):
        sign_in(Client(), "anna", "wrong")

    sign_in(client, "anna")

    assert "2 sign-ins with your name failed" in client.get(HOME).content.decode()


def test_many_wrong_passwords_lock_the_name_and_say_when_it_opens(client, settings):
    user("anna", roles=["Steward"])
    for attempt in range(settings.AXES_FAILURE_LIMIT):
        sign_in(Client(), "anna", "wrong", REMOTE_ADDR=f"10.0.0.{attempt}")

    answer = sign_in(client, "anna", REMOTE_ADDR="10.9.9.9")

    opens_at = timezone.localtime() + settings.AXES_COOLOFF_TIME
    assert answer.status_code == 429
    assert f"This opens again at {opens_at:%H:}" in answer.content.decode()
    assert not is_in(client)


def test_many_wrong_passwords_from_one_place_lock_that_place(client, settings):
    user("anna", roles=["Steward"])
    for attempt in range(settings.AXES_FAILURE_LIMIT):
        sign_in(Client(), f"guess-{attempt}", "wrong")

    assert sign_in(client, "anna").status_code == 429


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "expected"),
    [
        (False, "203.0.113.9", "127.0.0.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "made-up, 203.0.113.9", "203.0.113.9"),
        (True, "", "127.0.0.1"),
    ],
)
def test_only_our_own_proxy_is_believed_about_the_address(rf, settings, behind_proxy, forwarded, expected):
    settings.BEHIND_PROXY = behind_proxy

    assert address(rf.get("/", headers={"X-Forwarded-For": forwarded})) == expected


# --- Second factor ------------------------------------------------------------------------------------------------


def test_who_reads_personal_values_sets_up_a_second_factor_before_anything_else(client, demanded):
    person = user("anna", roles=["Steward"])

    assert sign_in(client, "anna").url == SET_UP
    assert not is_in(client)
    assert "<svg" in client.get(SET_UP).content.decode()

    answer = client.post(SET_UP, {"code": present_code(two_factor.draft_of(person))})

    assert len(answer.context["codes"]) == two_factor.RECOVERY_CODES
    assert is_in(client)


def test_who_reads_none_needs_no_second_factor(client, demanded):
    user("maja", roles=["Marketer"])

    assert sign_in(client, "maja").url == HOME


def test_a_demo_sign_in_is_excused_outside_production_only(demanded, settings):
    demo = user("demo", roles=["Steward"], is_demo=True)

    assert not two_factor.is_needed(demo)
    settings.PRODUCTION = True
    assert two_factor.is_needed(demo)


def test_after_the_password_the_code_is_asked_and_nothing_is_open_before(client):
    person = user("anna", roles=["Steward"])
    device, _codes = with_factor(person)

    assert sign_in(client, "anna").url == CODE
    assert not is_in(client)
    assert client.get("/admin/profiles/profile/").status_code == 302

    assert client.post(CODE, {"code": present_code(device)}).url == HOME
    assert is_in(client)


def test_a_wrong_code_opens_nothing_and_further_ones_are_slowed_down(client):
    person = user("anna", roles=["Steward"])
    device, _codes = with_factor(person)
    sign_in(client, "anna")

    client.post(CODE, {"code": "000000"})
    at_once = client.post(CODE, {"code": present_code(device)})

    assert at_once.status_code == 200
    assert not is_in(client)


def test_a_recovery_code_works_once(client):
    person = user("anna", roles=["Steward"])
    _device, codes = with_factor(person)
    sign_in(client, "anna")
    assert client.post(CODE, {"code": codes[0].upper()}).url == HOME

    again = Client()
    sign_in(again, "anna")
    again.post(CODE, {"code": codes[0]})

    assert not is_in(again)


def test_the_code_page_is_closed_to_who_gave_no_password(client):
    user("anna")

    assert client.get(CODE).url == SIGN_IN
    assert client.get(SET_UP).url == SIGN_IN


def test_five_minutes_after_the_password_one_starts_again(client):
    person = user("anna", roles=["Steward"])
    device, _codes = with_factor(person)
    sign_in(client, "anna")
    session = client.session
    session["pending_sign_in"]["since"] -= 301
    session.save()

    assert client.post(CODE, {"code": present_code(device)}).url == SIGN_IN


def test_who_has_a_second_factor_cannot_replace_it_with_the_password_alone(client):
    person = user("anna", roles=["Steward"])
    with_factor(person)
    sign_in(client, "anna")

    assert client.get(SET_UP).url == CODE


# --- Sessions -----------------------------------------------------------------------------------------------------


def test_signing_in_gives_a_new_session_id(client):
    user("anna", roles=["Steward"])
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key

    sign_in(client, "anna")

    assert client.session.session_key != before
    assert not StaffSession.objects.filter(pk=before).exists()


def test_the_session_cookie_is_not_for_scripts_or_other_sites(client):
    user("anna", roles=["Steward"])

    cookie = sign_in(client, "anna").cookies["sessionid"]

    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_closing_an_account_ends_its_sessions_at_once(client):
    person = user("anna", roles=["Steward"])
    client.force_login(person)
    assert is_in(client)

    person.is_active = False
    person.save()

    assert not is_in(client)
    assert sessions.of(person).count() == 0


def test_an_auditor_is_out_when_the_time_is_over(client):
    auditor = user("aud", roles=["Auditor"], access_until=timezone.now() + timedelta(hours=1))
    client.force_login(auditor)
    assert is_in(client)

    auditor.access_until = timezone.now()
    auditor.save()

    assert not is_in(client)


@pytest.mark.parametrize("by", ["the person's groups", "the group's people"])
def test_another_role_needs_another_sign_in(client, by):
    person, role = user("anna", roles=["Marketer"]), Group.objects.get(name="Steward")
    client.force_login(person)

    if by == "the person's groups":
        person.groups.add(role)
    else:
        role.user_set.add(person)

    assert not is_in(client)


def test_a_session_ends_after_half_an_idle_hour(client):
    client.force_login(user("anna", roles=["Steward"]))
    is_in(client)
    session = client.session
    session["last_seen"] -= 31 * 60
    session.save()

    assert not is_in(client)


def test_a_session_ends_after_twelve_hours_however_busy(client):
    client.force_login(user("anna", roles=["Steward"]))
    is_in(client)
    session = client.session
    session["began"] -= 12 * 3600 + 1
    session.save()

    assert not is_in(client)


def test_one_sees_ones_own_sessions_and_ends_the_others(client):
    anna, other = user("anna", roles=["Steward"]), user("bo", roles=["Steward"])
    elsewhere, somebody = Client(), Client()
    for browser, person in ((client, "anna"), (elsewhere, "anna"), (somebody, "bo")):
        sign_in(browser, person, headers={"User-Agent": f"browser of {person}"})

    page = client.get(reverse("admin:sessions"))
    client.post(reverse("admin:sessions"))

    assert [session.agent for session, _mine in page.context["rows"]] == ["browser of anna"] * 2
    assert [sessions.of(anna).count(), sessions.of(other).count()] == [1, 1]
    assert (is_in(client), is_in(elsewhere), is_in(somebody)) == (True, False, True)


def test_nobody_ends_the_session_of_another(client):
    other = user("bo", roles=["Steward"])
    somebody = Client()
    sign_in(somebody, "bo")
    client.force_login(user("anna", roles=["Steward"]))

    client.post(reverse("admin:sessions"), {"mark": sessions.of(other).get().mark})

    assert is_in(somebody)


def test_the_page_of_sessions_tells_no_session_key(client):
    user("anna", roles=["Steward"])
    sign_in(client, "anna")

    assert client.session.session_key not in client.get(reverse("admin:sessions")).content.decode()


def test_each_night_old_sessions_and_old_notes_of_sign_ins_go(client, settings):
    user("anna", roles=["Steward"])
    for browser in (Client(), client):
        sign_in(Client(), "anna", "wrong")
        sign_in(browser, "anna")
    old = timezone.now() - settings.KENDT_SIGN_IN_KEPT - timedelta(minutes=1)
    StaffSession.objects.exclude(pk=client.session.session_key).update(expire_date=old)
    for notes in (AccessLog, AccessFailureLog):
        notes.objects.filter(pk=notes.objects.earliest("pk").pk).update(attempt_time=old)

    sessions.tidy()

    assert [StaffSession.objects.count(), AccessLog.objects.count(), AccessFailureLog.objects.count()] == [1, 1, 1]
    assert is_in(client)


# --- Rights of oneself and others ---------------------------------------------------------------------------------


def test_a_system_admin_cannot_give_themselves_another_role(client):
    admin = user("sys", roles=["System admin"])
    client.force_login(admin)
    steward = Group.objects.get(name="Steward")

    client.post(
        reverse("admin:cdp_user_change", args=[admin.pk]),
        {"username": "sys", "language": "en", "groups": [steward.pk], "is_superuser": "on", "is_active": "on"},
    )

    admin.refresh_from_db()
    assert set(admin.groups.values_list("name", flat=True)) == {"System admin"}
    assert not admin.is_superuser


def test_a_system_admin_cannot_change_who_stands_above_the_roles(client):
    root = user("root", superuser=True)
    client.force_login(user("sys", roles=["System admin"]))

    assert client.post(reverse("admin:auth_user_password_change", args=[root.pk]), {}).status_code == 403
    assert client.post(reverse("admin:cdp_user_change", args=[root.pk]), {"username": "x"}).status_code == 403


def test_the_language_is_kept_for_the_next_sign_in(client):
    person = user("anna", roles=["Steward"])
    client.force_login(person)

    client.post(reverse("set_language"), {"language": "da", "next": HOME})

    person.refresh_from_db()
    assert person.language == "da"
    assert 'lang="da"' in client.get(HOME).content.decode()


def test_who_chose_no_language_reads_the_one_the_browser_asks_for(client):
    client.force_login(user("anna", roles=["Steward"]))

    assert 'lang="sv"' in client.get(HOME, headers={"accept-language": "sv-SE,sv;q=0.9"}).content.decode()
    assert 'lang="en"' in client.get(HOME, headers={"accept-language": "fr"}).content.decode()
