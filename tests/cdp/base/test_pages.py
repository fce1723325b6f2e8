from django.contrib import admin
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from cdp.base.admin.pages import Pages, named
from cdp.base.errors import Refused
from profiles.models import Source, StewardDecision
from tests.builders import source


class SourcePages(Pages, admin.ModelAdmin):
    pass


def asked():
    request = RequestFactory().post("/")
    request.session = {}
    request._messages = FallbackStorage(request)
    return request


def said(request):
    return [(message.level_tag, message.message) for message in get_messages(request)]


def refuse(*details):
    raise Refused("Not yet: A is missing.", errors=[{"detail": detail} for detail in details])


def test_an_act_tells_what_it_did_and_gives_what_the_verb_gave():
    request = asked()

    assert Pages.act(request, "Kept.", dict, [("a", 1)], b=2) == {"a": 1, "b": 2}
    assert said(request) == [("success", "Kept.")]


def test_a_refused_act_tells_the_sentence_and_each_detail_that_it_does_not_hold_once():
    request = asked()

    assert Pages.act(request, "Kept.", refuse, "A is missing.", "B is too long.", "B is too long.") is None
    assert said(request) == [("error", "Not yet: A is missing. B is too long.")]


def test_an_address_below_a_row_is_named_by_its_first_word():
    pages = SourcePages(Source, admin.site)

    routes = [pages.route("send-back", asked), pages.post_route("file/<str:name>", asked)]

    assert [(str(one.pattern), one.name) for one in routes] == [
        ("<path:key>/send-back/", "profiles_source_send_back"),
        ("<path:key>/file/<str:name>/", "profiles_source_file"),
    ]


def test_a_row_is_named_by_its_id_and_by_nothing_that_is_none(db):
    one = source()

    assert named(Source.objects, pk=str(one.pk)) == one
    assert [named(Source.objects, pk=key) for key in ("nonsense", "-1", "9" * 30)] == [None] * 3
    assert [named(StewardDecision.objects, pk=key) for key in ("nonsense", "1")] == [None] * 2
