"""Every address, by every role and by nobody, in four methods: the committed table says what each is answered.

Where an address names a row, there is one: so the role decides, not the absence of the row.

A new address without its row fails here. After reading what changed, write the table anew:
`KENDT_WRITE_MATRIX=1 pytest tests/cdp/access/test_permission_matrix.py`.
"""

import csv
import os
import re
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver, resolve
from django.urls.resolvers import RegexPattern

from cdp.access import service_keys
from cdp.access.accounts.sessions import SessionStore
from cdp.access.roles import ROLES
from consents.models import Ledger
from consents.recording import correction
from profiles.ingestion.http import write_keys
from profiles.models import QuarantineItem, WorkItem
from tests.builders import now, source, user
from tests.partners.building import delivered, members
from tests.profiles.building import person
from tests.profiles.imports.building import CUSTOMER, proposed, some_customers
from tests.segments.building import computed, did
from tests.some import each

TABLE = Path(__file__).with_name("permission_matrix.csv")
METHODS = ["get", "post", "put", "delete"]
WHO = [*ROLES, "nobody"]
#: What stands for a part of an address where no row is known for it.
ABSENT = {
    "uuid": UUID("00000000-0000-7000-8000-000000000000"),
    "int": 0,
    "slug": "absent",
    "str": "absent",
    "string": "absent",
    "path": "absent",
}


def addresses():
    """[(route, callable of a request)] of every pattern there is, in order of the route."""
    return sorted(_walk(get_resolver().url_patterns, "", (), {}), key=lambda row: row[0])


def _walk(patterns, before, unnamed, named):
    for one in patterns:
        route = before + str(one.pattern)
        args, kwargs = _absent(one.pattern)
        args, kwargs = (*unnamed, *args), named | kwargs
        if isinstance(one, URLPattern):
            args, kwargs = _present(route, args, kwargs)
            yield route, partial(_call, one.callback, args, kwargs | one.default_args)
        else:
            yield from _walk(one.url_patterns, route, args, kwargs)


def _call(view, args, kwargs, request):
    return view(request, *args, **kwargs)


def _absent(pattern) -> tuple[list, dict]:
    """Values for the parts of a pattern: unnamed and named."""
    if isinstance(pattern, RegexPattern):
        names = pattern.regex.groupindex
        return ([] if names else [ABSENT["str"]] * pattern.regex.groups), dict.fromkeys(names, ABSENT["str"])
    kinds = {name: type(one).__name__.removesuffix("Converter").lower() for name, one in pattern.converters.items()}
    return [], {name: ABSENT[kind] for name, kind in kinds.items()}


def _present(route, args, kwargs):
    """The same with the key of a planted row, where an admin address names a row of its model first."""
    app, _slash, rest = route.removeprefix("admin/").partition("/")
    model = apps.all_models.get(app, {}).get(rest.partition("/")[0])
    row = model._default_manager.first() if route.startswith("admin/") and model else None
    if row is None or not (args or kwargs):
        return args, kwargs
    if args:
        return (str(row.pk), *args[1:]), kwargs
    name = next(iter(kwargs))
    key = row.pk if isinstance(kwargs[name], UUID | int) else str(row.pk)
    return args, kwargs | {name: key}


def answer(call, method, person) -> str:
    """The status; "login" for the way to the sign-in page. Whatever the view did is undone."""
    request = getattr(RequestFactory(), method)("/")
    request.user, request.session, request.id = person, SessionStore(), "matrix"
    request._messages, request._dont_enforce_csrf_checks = FallbackStorage(request), True
    with transaction.atomic():
        try:
            response = call(request)
        except PermissionDenied:
            return "403"
        except Http404:
            return "404"
        except Exception as error:
            return f"500 {type(error).__name__}"
        finally:
            transaction.set_rollback(True)
    to_sign_in = response.status_code == 302 and "/login/" in response["Location"]
    return "login" if to_sign_in else str(response.status_code)


@pytest.fixture
def lived_in(db, settings, tmp_path):
    """Rows for most models: people, their events and consents, an agreement with a delivery, a segment, keys."""
    settings.KENDT_FILES = tmp_path
    alma = person(external_id="K-1", email="familien@example.dk", first_name="Alma")
    person(source=source("crm"), external_id="C-1", email="familien@example.dk", first_name="Oskar")
    did(alma.pk, "Order Completed", order_id="A-17")
    members(2)
    delivered()
    computed({"attr": "city", "is": "is", "value": "Aarhus"})
    proposed(some_customers(1), CUSTOMER)
    write_keys.make(source=source())
    service_keys.issue(name="Reports", scopes=["profiles:read"])
    correction.request(entry=Ledger.objects.first().pk, reason_code="wrong person", by=user())
    WorkItem.objects.create(kind="profile_review", why="Look.", fingerprint="1")
    moment = now()
    QuarantineItem.objects.create(
        source=source(), key=b"1", reason="no_identity", received_at=moment, expires_at=moment
    )


@pytest.fixture
def people(lived_in):
    return {role: user(roles=[role]) for role in ROLES} | {"nobody": AnonymousUser()}


def measured(people, folder):
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def answered(call, method, person):
        for path, content in files.items():  # an act undone in the database is undone on the disk too
            path.write_bytes(content)
        return answer(call, method, person)

    return {
        route: [" ".join(answered(call, method, person) for method in METHODS) for person in people.values()]
        for route, call in addresses()
    }


def test_every_address_answers_every_role_as_the_table_says(people, tmp_path):
    found = measured(people, tmp_path)
    if os.environ.get("KENDT_WRITE_MATRIX"):
        with TABLE.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["route (get post put delete)", *WHO])
            writer.writerows([route, *answers] for route, answers in found.items())

    with TABLE.open(newline="") as file:
        header, *rows = csv.reader(file)

    assert header[1:] == WHO
    assert found == {route: answers for route, *answers in rows}


def test_no_address_of_the_admin_fails_on_an_id_that_is_none(db):
    root = user(superuser=True)
    pages = [
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/absent/{act}/"
        for model in admin.site._registry
        for act in ("change", "history", "delete")
    ]

    failed = {}
    for page in pages:
        view, args, kwargs = resolve(page)
        found = answer(partial(_call, view, args, kwargs), "get", root)
        if found.startswith("500"):
            failed[page] = found

    assert failed == {}


def test_every_page_below_a_row_that_is_none_is_not_found(db):
    root = user(superuser=True)
    routes = [route for route, _view in addresses() if "<path:key>" in route]

    found = {
        (route, method): answer(partial(_call, *resolve(_nowhere(route))), method, root)
        for route in routes
        for method in ("get", "post")
    }

    assert len(routes) > 40
    assert {place: told for place, told in found.items() if told not in {"404", "405"}} == {}


def _nowhere(route: str) -> str:
    return "/" + re.sub(r"<(\w+):\w+>", lambda part: str(ABSENT[part[1]]), route)


def test_nobody_gets_a_page_but_those_of_signing_in():
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    open_to_all = {row["route (get post put delete)"] for row in rows if "200" in row["nobody"].split()}

    assert each(open_to_all) <= OPEN


#: Addresses that answer without a sign-in, each for its reason.
OPEN = {
    "admin/login/",
    "admin/logout/",
    "admin/jsi18n/",
    "health/live",
    "health/ready",
    "api/v1/openapi.json",
    "api/v1/docs/",
}


def test_no_role_gets_a_page_of_a_model_that_it_may_not_view():
    rights = {role: told.permissions() for role, told in ROLES.items()}
    models = {f"admin/{one._meta.app_label}/{one._meta.model_name}/": one._meta for one in admin.site._registry}
    shown_by = {Group._meta: "cdp.view_user"}  # roles are shown to whoever sees who has them

    with TABLE.open(newline="") as file:
        rows = [(row.pop("route (get post put delete)"), row) for row in csv.DictReader(file)]
    got = {
        (route, role)
        for route, answers in rows
        for start, meta in models.items()
        for role, may in rights.items()
        if route.startswith(start) and "200" in answers[role].split()
        if shown_by.get(meta, f"{meta.app_label}.view_{meta.model_name}") not in may
    }

    assert got == set()
