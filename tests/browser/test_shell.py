"""The frame of the admin: readable by everyone, in each width and appearance, with nothing from other hosts."""

from datetime import timedelta

import pytest
from django_otp.oath import totp

from cdp.access.accounts import two_factor
from tests.browser.conftest import NARROW
from tests.builders import user
from tests.profiles.building import person


@pytest.fixture
def known():
    return person(first_name="Alma", last_name="Ærø", email="alma@example.dk", city="Aarhus", loyalty_points=12)


SCREENS = [
    "/admin/",
    "/admin/?view=compliance",
    "/admin/search/?q=alma@example.dk",
    "/admin/profiles/profile/",
    "/admin/profiles/profile/{person}/change/",
    "/admin/profiles/profile/{person}/change/?tab=records",
    "/admin/profiles/profile/{person}/change/?tab=timeline",
    "/admin/profiles/profile/{person}/change/?tab=history",
    "/admin/profiles/profile/{person}/why/first_name/",
    "/admin/profiles/source/",
    "/admin/profiles/source/{source}/change/",
    "/admin/profiles/source/{source}/keys/",
    "/admin/profiles/quarantineitem/",
    "/admin/cdp/user/",
    "/admin/cdp/servicekey/add/",
    "/admin/sessions/",
    "/admin/second-factor/",
]


@pytest.fixture
def visit(page, sign_in, known):
    """`visit(screens, look)`: {screen: what `look` found on it}, only where it found something."""

    def visit(screens, look) -> dict:
        sign_in(superuser=True)
        ids = {"person": known.pk, "source": known.identities.get().source_id}
        found = {}
        for screen in screens:
            page.goto(screen.format(**ids))
            found[screen] = look(page)
        return {screen: what for screen, what in found.items() if what}

    return visit


def test_every_screen_of_the_shell_keeps_the_accessibility_rules(visit, axe):
    assert visit(SCREENS, axe) == {}


def test_no_screen_of_the_shell_is_wider_than_a_small_phone(visit, page, overflows):
    page.set_viewport_size(NARROW)

    assert visit(SCREENS, overflows) == {}


def test_the_narrow_form_of_the_main_screens_keeps_the_accessibility_rules(visit, page, axe):
    page.set_viewport_size(NARROW)

    assert visit(SCREENS[:5], axe) == {}


def test_the_dark_appearance_keeps_the_contrast(visit, page, axe):
    page.emulate_media(color_scheme="dark")

    assert visit(SCREENS[:5], axe) == {}
    assert page.evaluate("document.documentElement.classList.contains('dark')")


def test_signing_in_and_out_by_the_form(page, axe):
    user("anna", roles=["Steward"])
    page.goto("/admin/")
    assert axe(page) == []

    enter(page, "anna", "correct horse battery")
    assert page.get_by_role("heading", name="Today").is_visible()

    page.locator(".k-account summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/admin/")
    assert page.get_by_label("Password").is_visible()


def test_the_second_factor_is_set_up_before_the_first_entry(page, axe, settings):
    settings.OTP_REQUIRED = True
    person = user("anna", roles=["Steward"])
    enter(page, "anna", "correct horse battery")
    assert page.get_by_role("heading", name="Set up your second factor").is_visible()
    assert axe(page) == []

    page.get_by_role("textbox", name="Code").fill(f"{totp(two_factor.draft_of(person).bin_key):06d}")
    page.get_by_role("button", name="Confirm").click()
    assert page.get_by_role("heading", name="Keep your recovery codes").is_visible()
    assert axe(page) == []

    page.get_by_role("link", name="I have kept them").click()
    assert page.get_by_role("heading", name="Today").is_visible()


def test_the_locked_page_says_when_it_opens(page, axe, settings):
    settings.AXES_FAILURE_LIMIT = 2
    user("anna", roles=["Steward"])
    for _ in range(2):
        enter(page, "anna", "wrong")

    assert "This opens again at" in page.get_by_role("alert").inner_text()
    assert axe(page) == []


def enter(page, name, password):
    page.goto("/admin/login/")
    page.fill("#id_username", name)
    page.fill("#id_password", password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def test_the_account_menu_is_open_to_the_keyboard(page, sign_in, axe):
    sign_in("Steward")
    page.goto("/admin/")
    page.locator(".k-account summary").focus()
    page.keyboard.press("Enter")

    page.get_by_role("link", name="Where I am signed in").wait_for()
    assert axe(page) == []


def test_control_k_leads_to_the_search_and_finds_a_person(page, sign_in, known):
    sign_in("Steward")
    page.goto("/admin/")
    page.keyboard.press("Control+k")
    page.keyboard.type(" ALMA@Example.dk ")
    page.keyboard.press("Enter")

    page.get_by_role("link", name="A••• Æ•••").click()

    assert page.get_by_role("heading", level=1).inner_text() == "A••• Æ•••"


def test_values_are_shown_for_a_purpose_and_hidden_again(page, sign_in, known):
    sign_in("Steward")
    page.goto(f"/admin/profiles/profile/{known.pk}/change/")
    assert "Alma" not in page.content()

    page.get_by_label("Personal values are masked").fill("Answering the customer")
    page.get_by_role("button", name="Show").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Alma Ærø"

    page.get_by_role("button", name="Hide again").click()
    assert "Alma" not in page.content()


def test_the_filters_open_by_keyboard_and_close_by_escape(page, sign_in, axe, known):
    sign_in("Steward")
    page.goto("/admin/profiles/profile/")
    page.get_by_role("button", name="Filters").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Apply Filters").wait_for()
    assert axe(page) == []

    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('#changelist-filter').checkVisibility()")


def test_nothing_is_loaded_from_other_hosts(visit, page, live_server):
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    visit(SCREENS[:6], lambda page: None)

    assert len(asked) > 6
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


def test_an_idle_page_warns_before_the_session_ends_and_one_press_keeps_it(page, sign_in, axe, settings):
    settings.SESSION_IDLE = timedelta(seconds=121)
    sign_in("Steward")
    page.goto("/admin/")

    stay = page.get_by_role("button", name="Stay signed in")
    stay.wait_for()
    assert axe(page) == []
    with page.expect_response("**/admin/sessions/"):
        stay.click()

    stay.wait_for(state="hidden")


def test_an_error_page_keeps_the_strict_policy_and_says_what_happened(page, sign_in, axe):
    sign_in("Marketer")
    refused = []
    page.on("console", lambda message: refused.append(message.text) if "Policy" in message.text else None)

    answer = page.goto("/admin/cdp/user/")

    assert answer.status == 403
    assert page.get_by_role("heading", name="This is not for your role").is_visible()
    assert axe(page) == refused == []
