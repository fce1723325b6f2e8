"""Two people who turn out to be one: every panel, list and API then tells of both, and of each alone once parted.

What is walked comes from the registers of the product: the tabs of the profile page, the admin's lists of every table
that `privacy.py` ties to a person, the pages of a person, and the routes of the API that take a profile. A new one is
walked by itself, and fails here where it asks by the present id only.
"""

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import datetime

import pytest
from django.contrib import admin
from django.db.models import Manager, Model, QuerySet
from django.test import RequestFactory
from django.urls import reverse

from cdp.api.urls import router
from cdp.base.api.filters import known_parameters
from cdp.base.database.sql import rows
from cdp.data.personal_data import HOLDINGS
from consents.models import ConsentRecord
from consents.overrides import objections, restrictions
from consents.proof.history import StandingConsent
from consents.recording import correction
from partners.agreements.lifecycle import NewTermLine
from profiles.admin.people.reveal import Sight
from profiles.identity import steward_decisions
from profiles.models import Attribute, GoldenValue, Profile, Record, RefusedLink, SourceIdentity, WorkItem
from profiles.values import reading
from segments.activation import activations
from segments.language.compiler import compile
from segments.language.parsing import understand
from tests.api import Service, walk
from tests.builders import now, source, user
from tests.consents import building as consents
from tests.partners.building import agreement, answer, delivered, purpose
from tests.profiles.building import person, say
from tests.segments.building import DANES, computed, destination, did, document
from tests.some import each

pytestmark = pytest.mark.django_db

#: Tables of which a row is a person, rather than something about one.
THE_PERSON = {"profiles.Profile"}
#: Told in order and kept for days: no index finds a person in it, and no list is asked for one.
THE_FEED = {"profiles.Change"}
ABOUT_PEOPLE = {holding.model for holding in HOLDINGS if holding.person} - THE_PERSON - THE_FEED
#: The ledger is declared with the record that is folded from it, a disclosure with the link that ties it.
TELLING = ABOUT_PEOPLE | {"consents.HistoricalConsentRecord", "partners.DisclosureEntry"}
#: One answer, forms to fill in, and acts by POST.
NO_ROWS = {"api consents/decision"} | {
    f"page consents_person_{name}" for name in ("record", "objection", "take_back", "restriction", "proof", "doubt")
}
#: A row of the API by what of it a merge leaves as it is; the others by all that they tell.
NAMED_BY = {
    "events": {"id"},
    "consents": {"purpose", "channel", "controller", "contact_ref"},
    "memberships": {"segment", "profile", "entered_at"},
}
#: What some routes ask beside the profile.
ALSO_ASKED = {"purpose": "newsletter", "channel": "email"}


@pytest.fixture
def files(tmp_path, settings):
    settings.KENDT_FILES = tmp_path


@pytest.fixture
def three(files):
    """Anna, Bo and Cai: each with something in every table that tells of a person."""
    newsletter, calls = consents.purpose("newsletter"), consents.purpose("calls")
    offers = purpose()
    out = [NewTermLine("opaque_id", offers, form="opaque_id"), NewTermLine("city", offers)]
    version = agreement(lines=[*out, NewTermLine("email", offers, direction="in")])
    people = {name: planted(name, newsletter, version) for name in ("anna", "bo", "cai")}
    answer(Profile.objects.filter(pk__in=people.values()))
    leave(newsletter, version)
    for key in people.values():
        told(key, calls)
    return people


def planted(name: str, newsletter, version):
    """A person with records, addresses, a double that was refused, an event, a pinned value and a consent."""
    address, shared = f"{name}@example.dk", f"family-{name}@example.dk"
    said = {"country": "DK", "last_name": "Holm", f"{'city' if name == 'anna' else 'postal_code'}": "8000"}
    key = person(email=address, verified=True, identifiers=[("email", shared, True)], first_name=name,
                 birth_date="1980-01-01", **said).pk  # fmt: skip
    double = person(email=shared, verified=True, first_name="Zoe", last_name="Krag", birth_date="1999-09-09").pk
    steward_decisions.not_same(identity=double, other=key, reason="seen", by=user())
    feed = source("air-feed", party=2)
    say(source=feed, email=address, verified=True, agreement_version=version.pk)
    did(key, "Viewed", record=Record.objects.get(identity=key).pk)
    country = {"record": Record.objects.get(identity=key, traits__has_key="country")}
    country["attribute"] = Attribute.objects.get(code="country")
    steward_decisions.pin(**country, reason="asked", by=user())
    entry = consents.say(key, newsletter, channel="email", contact=("email", address), days_ago=2)
    correction.request(entry=entry, reason_code="wrong_person", by=user())
    assert SourceIdentity.objects.get(pk=double).profile_id == double
    return key


def leave(newsletter, version) -> None:
    """The people go into a segment, from there to a destination, and to a partner."""
    danes = computed(DANES)
    activations.run(activations.request(segment=danes, destination=destination(newsletter), by=user()), by=user())
    assert delivered(version).sent == 3


def told(key, calls) -> None:
    """What staff did about a person."""
    said = {"source": source().code, "source_event_id": f"no-{key}", "by": user()}
    objections.object_to(profile=key, purpose=calls, **said)
    restrictions.restrict(profile=key, reason_code="accuracy", by=user())
    WorkItem.objects.create(kind="look", why="look", identity_ref=key, fingerprint=f"look-{key}")
    reading.opened([key], ["email"], by=user(), action="look", purpose="asked for")


# --- What a surface shows -----------------------------------------------------------------------------------------


def shown(value, *, lines: bool = False) -> set:
    """The rows about people in what a template gets. lines: also tuples with a moment, which stand for rows."""
    match value:
        case Model():
            return {name_of(value)} if value._meta.label in TELLING else set()
        case StandingConsent():
            return {("choice", value.purpose.pk, value.channel, value.contact_ref)}
        case str() | bytes():
            return set()
        case dict():
            return shown(list(value.values()), lines=lines)
        case tuple() if lines and any(isinstance(part, datetime) for part in value):
            return {value}
        case Manager():
            return set()
        case list() | tuple() | set() | QuerySet():
            return set().union(*(shown(part, lines=lines) for part in value))
    if is_dataclass(value) and not isinstance(value, type):
        return shown([getattr(value, field.name) for field in fields(value)], lines=lines)
    return set()


def name_of(row: Model) -> tuple:
    """A row by what stays of it when it is folded again, as only one value stands and one answer."""
    match row:
        case GoldenValue():
            return "value", row.attribute_id
        case ConsentRecord():
            return "choice", row.purpose_id, row.channel, row.contact_ref
        case RefusedLink():
            return "refused", frozenset({row.identity_id, row.other_id})
    return row._meta.label, row.pk


def panels(request) -> dict:
    """{name: rows of a profile} of every tab of the profile page."""
    page = admin.site._registry[Profile]

    def of(context):
        def rows(asked):
            profile = SourceIdentity.objects.get(pk=asked).profile
            sight = Sight(request, profile)
            return shown(context(profile, request, sight, person_values(profile, sight)), lines=True)

        return rows

    return {f"tab {key}": of(context) for key, (_title, _template, context) in page._tabs(request).items()}


def person_values(profile, sight):
    from profiles.admin.people import person as page

    return page.golden(profile, sight)


def lists(client) -> dict:
    """{name: rows found by an id} of the list of every table about people that has one."""

    def of(model):
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        return lambda asked: shown(list(client.get(address, {"q": f"prf_{asked}"}).context["cl"].result_list))

    listed = [model for model in admin.site._registry if model._meta.label in TELLING - {"partners.DisclosureEntry"}]
    return {f"list {model._meta.label}": of(model) for model in listed}


def pages(client) -> dict:
    """{name: rows} of every page that is addressed by a person and can be read."""

    def of(name):
        def rows(asked):
            found = client.get(reverse(f"admin:{name}", args=[asked]), follow=True)
            return shown(getattr(found, "context_data", {}))

        return rows

    patterns = [pattern for page in admin.site._registry.values() for pattern in page.get_urls()]
    named = {one.name for one in patterns if set(one.pattern.converters) == {"profile_id"}}
    return {f"page {name}": of(name) for name in sorted(named)}


def apis(service: Service) -> dict:
    """{name: rows} of every route that takes a profile as parameter."""

    def of(path, also, is_list):
        def rows(asked):
            if is_list:
                found = walk(service, path, profile=f"prf_{asked}")
            else:
                answer = service.get(path, profile=f"prf_{asked}", **also)
                assert answer.status_code == 200, answer.content
                found = answer.json().get("data", [])
            return {tuple((name, str(row[name])) for name in sorted(NAMED_BY.get(path, row.keys()))) for row in found}

        return rows

    found = {}
    for prefix, viewset in taking_profiles():
        if hasattr(viewset, "list") and "profile" in viewset.filterset_class.base_filters:
            found[f"api {prefix}"] = of(prefix, {}, True)
        for action in viewset.get_extra_actions():
            if not action.detail and "get" in action.mapping and "profile" in viewset.parameters:
                also = ALSO_ASKED if action.url_name == "decision" else {}
                found[f"api {prefix}/{action.url_path}"] = of(f"{prefix}/{action.url_path}", also, False)
    return found


def taking_profiles() -> Iterable[tuple]:
    return [
        (prefix, viewset)
        for prefix, viewset, _name in router().registry
        if "profile" in known_parameters(viewset(), viewset.queryset)
    ]


@pytest.fixture
def surfaces(client, rf: RequestFactory):
    auditor = user(superuser=True)
    client.force_login(auditor)
    request = rf.get("/")
    request.user, request.session, request.id = auditor, {}, "walk"
    service = Service("profiles:read", "consents:read", "segments:read", "audit:read")
    return panels(request) | lists(client) | pages(client) | apis(service)


# --- The walk -----------------------------------------------------------------------------------------------------


def test_what_is_told_of_two_people_is_told_of_the_one_they_are_and_of_each_again_once_they_are_parted(three, surfaces):
    anna, bo, cai = three.values()
    before = {name: {who: rows(who) for who in (anna, bo, cai)} for name, rows in surfaces.items()}
    assert {name for name, rows in before.items() if not (rows[anna] and rows[bo])} == NO_ROWS
    assert {name for name, rows in before.items() if rows[anna] == rows[bo]} == NO_ROWS
    both = {name: rows[anna] | rows[bo] for name, rows in before.items()}
    others = {name: rows[cai] - both[name] for name, rows in before.items()}

    joined = steward_decisions.same(identity=anna, other=bo, reason="one card", by=user())
    assert SourceIdentity.objects.get(pk=bo).profile_id == anna

    for asked in (anna, bo):
        now = {name: rows(asked) for name, rows in surfaces.items()}
        assert {name: rows & both[name] for name, rows in now.items()} == both
        assert {name: rows & others[name] for name, rows in now.items() if rows & others[name]} == {}

    steward_decisions.withdraw(decision=joined, reason="two cards", by=user())

    for asked in (anna, bo):
        now = {name: rows(asked) & both[name] for name, rows in surfaces.items()}
        assert now == {name: rows[asked] for name, rows in before.items()}


def test_every_list_of_rows_about_people_is_found_by_a_person_and_every_route_to_them_takes_one():
    """A table that is tied to a person in `privacy.py` and has a list or a route is walked above."""
    routes = {prefix for prefix, viewset, _name in router().registry if viewset.queryset.model._meta.label in TELLING}

    assert routes == {"events", "consents", "memberships", "audit"}
    assert each(routes) <= {prefix for prefix, _viewset in taking_profiles()}


def test_an_answer_is_the_same_by_whichever_id_a_person_is_asked_about(three):
    anna, bo, _cai = three.values()
    steward_decisions.same(identity=anna, other=bo, reason="one card", by=user())
    service = Service("consents:read", "profiles:read")

    asked = [service.get("consents/decision", profile=f"prf_{key}", **ALSO_ASKED).json() for key in (anna, bo)]
    found = [service.get(f"profiles/prf_{key}").json() | {"merged_from": None} for key in (anna, bo)]

    assert asked[0] == asked[1]
    assert found[0] == found[1]
    assert re.fullmatch(f"prf_{anna}", found[0]["id"])


@pytest.mark.django_db(transaction=True)  # an interval that begins and ends in one transaction is empty
def test_a_rule_of_a_past_moment_counts_a_membership_under_the_id_that_its_person_had_then(three):
    anna, bo, cai = three.values()
    for key in (bo, cai):
        restrictions.release(profile=key, reason_code="settled", by=user())
    computed({"attr": "postal_code", "is": "is_set"}, key="with-code")
    rule, moment = understand(document({"segment": "with-code", "in": True})), now()

    steward_decisions.same(identity=anna, other=bo, reason="one card", by=user())

    statement = compile(rule, as_of=moment)
    assert {key for (key,) in rows(statement.sql, statement.params)} == {anna, cai}
