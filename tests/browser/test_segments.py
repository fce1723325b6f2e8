"""Segments in a real browser: built by keyboard, explained, sent; readable in each width and appearance."""

import pytest

from segments.activation import activations
from segments.models import Destination, Segment
from tests.browser.conftest import NARROW
from tests.consents import building as consents
from tests.segments.building import computed, did, person, segment

RULE = {
    "op": "all",
    "of": [
        {"attr": "country", "is": "in", "value": ["DK", "SE"]},
        {
            "event": "Product Viewed",
            "where": [{"prop": "category", "is": "is", "value": "shoes"}],
            "window": {"last": 90, "unit": "day"},
            "count": {"cmp": ">=", "n": 1},
        },
        {"op": "none", "of": [{"attr": "interests", "is": "has_any", "value": ["golf"]}, {"event": "Returned"}]},
    ],
}
SCREENS = [
    "/admin/segments/segment/",
    "/admin/segments/segment/add/",
    "/admin/segments/segment/{segment}/change/",
    "/admin/segments/segment/{segment}/define/",
    "/admin/segments/segment/{segment}/define/?view=json",
    "/admin/segments/segment/{segment}/people/",
    "/admin/segments/segment/{segment}/why/?profile={person}",
    "/admin/segments/segment/{draft}/change/",
    "/admin/segments/activation/",
    "/admin/segments/activation/{done}/change/",
    "/admin/segments/destination/",
    "/admin/segments/run/",
    "/admin/profiles/profile/{person}/change/?tab=segments",
]


@pytest.fixture
def ids(settings, tmp_path) -> dict:
    """A computed segment with two members, one of them sent; and one without a definition."""
    settings.KENDT_FILES = tmp_path
    newsletter = consents.purpose("newsletter")
    mail = Destination.objects.create(
        key="mail", title="Mail", purpose=newsletter, channel="email", fields=["email", "city"]
    )
    anna, bo = (person(country="DK", email=f"person{number}@example.dk", first_name="Alma") for number in range(2))
    for one in (anna, bo):
        did(one, "Product Viewed", days_ago=2, category="shoes")
    consents.say(anna, newsletter, channel="email", days_ago=1)
    made = computed(RULE, key="shoes", title="Nordic shoe lovers")
    done = activations.run(activations.request(segment=made, destination=mail))
    draft = Segment.objects.create(key="draft", title="Draft")
    return {"segment": made.pk, "person": anna, "done": done.pk, "draft": draft.pk}


@pytest.fixture
def visit(page, sign_in, ids):
    """`visit(look)`: {screen: what `look` found on it}, only where it found something."""

    def visit(look) -> dict:
        sign_in(superuser=True)
        found = {}
        for screen in SCREENS:
            assert page.goto(screen.format(**ids)).status == 200, screen
            found[screen] = look(page)
        return {screen: what for screen, what in found.items() if what}

    return visit


def test_every_screen_of_segments_keeps_the_accessibility_rules(visit, axe):
    assert visit(axe) == {}


def test_every_screen_of_segments_keeps_them_in_the_dark(visit, page, axe):
    page.emulate_media(color_scheme="dark")

    assert visit(axe) == {}


def test_no_screen_of_segments_is_wider_than_a_small_phone(visit, page, overflows):
    page.set_viewport_size(NARROW)

    assert visit(overflows) == {}


def test_a_segment_is_built_by_keyboard_with_sentence_and_count_beside_it(page, sign_in):
    person(country="DK")
    segment({"event": "Bought"}, key="buyers")
    sign_in("Marketer")
    page.goto("/admin/segments/segment/add/")

    _press(page, page.get_by_role("button", name="What is known of them"))
    field = page.get_by_label("1: attribute")
    field.wait_for()
    field.select_option("country")
    page.get_by_label("1: value").wait_for(state="detached")
    page.get_by_label("1: test").select_option("is")
    page.get_by_label("1: value").fill("DK")
    page.keyboard.press("Tab")
    page.get_by_text("People whose country is “DK”.").wait_for()
    page.get_by_text("1 people").wait_for()
    page.get_by_label("Title", exact=True).fill("The Danes")
    page.get_by_label("Why").fill("A test")
    _press(page, page.get_by_role("button", name="Save and put in use"))

    page.get_by_role("heading", name="The Danes").wait_for()
    assert Segment.objects.get(key="the-danes").members == 1


def test_a_moved_condition_takes_the_focus_along(page, sign_in):
    made = segment({"op": "all", "of": [{"event": "First"}, {"event": "Second"}, {"event": "Third"}]}, key="three")
    sign_in("Marketer")
    page.goto(f"/admin/segments/segment/{made.pk}/define/")

    for _step in range(2):
        _press(page, page.get_by_role("button", name=f"Move {3 - _step} up"))
        page.wait_for_function(
            "place => document.querySelector(`[name='${place}:event']`)?.value === 'Third'", arg=str(1 - _step)
        )

    assert page.evaluate("document.activeElement.value") == "down|0"
    assert [page.locator(f"[name='{place}:event']").input_value() for place in range(3)] == ["Third", "First", "Second"]


def test_what_is_typed_while_an_answer_is_under_way_is_not_lost(page, sign_in):
    made = segment({"op": "all", "of": [{"event": "First"}, {"event": "Second"}]}, key="two")
    sign_in("Marketer")
    page.goto(f"/admin/segments/segment/{made.pk}/define/")
    page.route("**/define/", lambda route: (page.wait_for_timeout(400), route.continue_()))

    page.locator("[name='0:event']").fill("Changed")
    page.locator("[name='1:event']").press("End")
    page.wait_for_timeout(900)
    page.keyboard.type(" and more")
    page.get_by_text("“Second and more”").wait_for(timeout=15_000)

    assert page.locator("[name='1:event']").input_value() == "Second and more"


def _press(page, button) -> None:
    """As somebody without a mouse does."""
    button.focus()
    page.keyboard.press("Enter")
