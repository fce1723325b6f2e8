"""The pages of an import: each step by hand, who may take it, and what is never shown."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from profiles.imports.run import runs, tasks
from profiles.models import AccessEntry, FileImport, Mapping, SourceIdentity
from profiles.models.sources import ImportState
from tests.builders import days_ago, source, user
from tests.profiles.imports.building import (
    CUSTOMER,
    ORDER_LINE,
    counts,
    customers,
    loaded,
    mapping,
    proposed,
    some_customers,
    some_order_lines,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.KENDT_FILES = tmp_path
    return tmp_path


@pytest.fixture
def steward(client):
    client.force_login(user(roles=["Steward"]))
    return client


def address(file_import: FileImport, place: str = "change") -> str:
    return reverse(f"admin:profiles_fileimport_{place}", args=[file_import.pk])


def upload(client, content: bytes, name: str = "kunder.csv", **data):
    data = {"source": source("crm").pk, "party": 1, "file": SimpleUploadedFile(name, content)} | data
    return client.post(reverse("admin:profiles_fileimport_add"), data, follow=True)


def act(client, file_import: FileImport, place: str, **data):
    answered = client.post(address(file_import, place), data, follow=True)
    file_import.refresh_from_db()
    return answered


def said(answered) -> list[str]:
    return [str(message) for message in answered.context["messages"]]


def choices(file_import: FileImport, **meanings) -> dict:
    """The form of step 2: {column: target}."""
    places = {name: place for place, name in enumerate(file_import.format["columns"])}
    return {f"column_{places[name]}": target for name, target in meanings.items()}


# --- The way through --------------------------------------------------------------------------------------------


def test_a_file_goes_from_upload_to_result_by_hand(steward):
    page = upload(steward, customers(["1", "a@example.dk", "Anna", "Ribe", "5"], ["2", "b@example.dk", "Bo", "", "x"]))
    file_import = FileImport.objects.get()
    assert page.context["step"] == "columns"

    meanings = {"id": "external_id", "email": "identifiers.email", "points": "traits.loyalty_points"}
    page = act(steward, file_import, "columns", rows="customers", name="crm", **choices(file_import, **meanings))
    assert page.context["step"] == "checking"
    assert Mapping.objects.get().spec == {
        "external_id": "id",
        "identifiers": {"email": "email"},
        "traits": {"loyalty_points": "points"},
    }

    tasks.check_import(str(file_import.pk))
    page = steward.get(address(file_import))
    assert page.context["step"] == "check"
    assert [(one["code"], one["count"]) for one in page.context["classes"]] == [
        ("new", 1),
        ("updated", 0),
        ("unchanged", 0),
        ("rejected", 1),
    ]

    page = act(steward, file_import, "start")
    assert (page.context["step"], page.context["active"]) == ("loading", True)

    tasks.run_import(str(file_import.pk))
    page = steward.get(address(file_import))
    assert page.context["step"] == "result"
    assert [(one["column"], one["code"], one["count"], one["first"]) for one in page.context["reasons"]] == [
        ("points", "not_a_number", 1, 3)
    ]


def test_the_columns_of_order_lines_are_proposed_as_events(steward):
    upload(steward, some_order_lines(3).replace(b"customer,when,order", b"CustomerID,InvoiceDate,InvoiceNo", 1))

    page = steward.get(address(FileImport.objects.get()))

    proposed_ones = {field.label: field.value() for field, _texts in page.context["column_rows"]}
    assert page.context["rows"] == "events"
    assert proposed_ones == {
        "CustomerID": "external_id",
        "InvoiceDate": "event.occurred_at",
        "InvoiceNo": "event.order_id",
        "quantity": "event.quantity",
        "price": "event.price",
        "what": "",
    }


def test_events_are_described_by_choices_and_the_form_of_their_dates_is_found(steward):
    content = b"nr;dato;ordre;antal;pris;farve\nc1;31.01.2026 13:45;o1;2;1,50;red\n"
    upload(steward, content)
    file_import = FileImport.objects.get()
    meanings = {
        "nr": "external_id",
        "dato": "event.occurred_at",
        "ordre": "event.order_id",
        "antal": "event.quantity",
        "pris": "event.price",
        "farve": "event.properties",
    }

    act(
        steward,
        file_import,
        "columns",
        rows="events",
        name="orders",
        event_name="Order Line",
        **choices(file_import, **meanings),
    )

    assert Mapping.objects.get().spec["event"] == {
        "name": "Order Line",
        "occurred_at": {"column": "dato", "form": "%d.%m.%Y %H:%M"},
        "order_id": "ordre",
        "quantity": "antal",
        "price": "pris",
        "amount": {"multiply": ["antal", "pris"]},
        "properties": {"farve": "farve"},
    }
    assert counts(runs.check(file_import=file_import)) == (1, 0, 0, 0)


def test_a_mapping_may_be_given_as_text(steward):
    file_import = proposed(some_customers(1), mapping(CUSTOMER))
    spec = CUSTOMER | {"when": [{"column": "city", "in": ["City0"]}]}

    page = act(steward, file_import, "columns", rows="customers", name="near", spec=json.dumps(spec))

    assert page.context["step"] == "checking"
    assert Mapping.objects.get(name="near").spec == spec
    assert "City0" in steward.get(address(file_import) + "?mapping=near").context["mapping_form"]["spec"].value()


def test_a_kept_mapping_that_fits_is_taken_for_the_next_file(steward):
    kept = mapping(CUSTOMER, name="customers of crm", at=source("crm"))

    page = upload(steward, some_customers(2))

    assert page.context["kept"] == kept
    assert page.context["mapping_form"]["name"].value() == "customers of crm"


def test_a_wrong_encoding_is_seen_and_changed(steward):
    page = upload(steward, "id,navn\n1,Åse\n".encode())
    file_import = FileImport.objects.get()
    assert page.context["words"] == {"utf-8": ["Ås"], "windows-1252": ["Ã"], "latin-1": ["Ã"]}

    form = {"encoding": "latin-1", "separator": ";", "decimal": ",", "skip": 1, "header": ""}
    act(steward, file_import, "format", **form)

    assert {name: file_import.format[name] for name in form} == form | {"header": False}
    assert file_import.format["columns"] == ["column 1"]


# --- What is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"PK\x03\x04nonsense", "damaged"), (b'a,b\n1,"2\n', "never closed"), (b"%PDF-1.7", "no table of rows")],
)
def test_a_file_that_cannot_be_read_is_refused_on_the_page_and_not_kept(steward, files, content, sentence):
    page = upload(steward, content)

    assert sentence in str(page.context["form"].errors["file"])
    assert FileImport.objects.count() == 0
    assert list((files / "imports").iterdir()) == []


def test_a_form_that_is_refused_leaves_no_file_behind(steward, files):
    page = upload(steward, some_customers(1), party="")

    assert page.context["form"].errors.keys() == {"party"}
    assert [path for path in files.rglob("*") if path.is_file()] == []


def test_dates_are_read_as_their_column_looks_or_as_somebody_says(steward):
    upload(steward, b"id,born\n1,21-01-1949\n2,03-12-1980\n")
    file_import = FileImport.objects.get()
    meanings = choices(file_import, id="external_id", born="traits.birth_date")

    act(steward, file_import, "columns", rows="customers", name="found", **meanings)
    act(steward, file_import, "columns", rows="customers", name="said", dates="%m/%d/%Y", **meanings)

    forms = {one.name: one.spec["traits"]["birth_date"]["form"] for one in Mapping.objects.all()}
    assert forms == {"found": "%d-%m-%Y", "said": "%m/%d/%Y"}


def test_a_refused_mapping_as_text_leaves_the_choices_where_they_were(steward):
    file_import = proposed(some_customers(1), mapping(CUSTOMER))

    page = act(steward, file_import, "columns", rows="customers", name="new", spec="{", column_0="external_id")

    assert 'name="column_0"' in page.content.decode()


def test_a_file_of_which_no_row_can_go_in_is_not_offered_to_be_loaded(steward):
    file_import = proposed(customers(["1", "no address", "Anna", "", "x"]), mapping(CUSTOMER))
    runs.check(file_import=file_import)

    page = steward.get(address(file_import)).content.decode()

    assert "No row can go in" in page
    assert address(file_import, "start") not in page


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"spec": "{"}, "This is no JSON"),
        ({"spec": "[" * 100_000}, "This is no JSON"),
        ({"spec": "null"}, "A mapping is one JSON object."),
        ({"spec": '{"external_id": "number"}'}, "The file has no column number"),
        ({}, "external_id is missing"),
        ({"column_0": "external_id", "column_1": "external_id"}, "Two columns mean Number at the source"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_on_the_page(steward, data, sentence):
    file_import = proposed(some_customers(1), mapping(CUSTOMER))

    page = act(steward, file_import, "columns", rows="customers", name="new", **data)

    assert page.context["step"] == "columns"
    assert sentence in page.content.decode()
    assert not Mapping.objects.filter(name="new").exists()


def test_the_same_file_again_leads_to_its_receipt(steward):
    kept = mapping(CUSTOMER)
    first = loaded(some_customers(2), kept)

    again = proposed(some_customers(2), kept)
    page = act(steward, again, "start")

    assert again.state == ImportState.CANCELLED
    assert page.redirect_chain[-1][0] == address(first)
    assert "loaded already" in said(page)[0]


def test_a_verb_that_refuses_says_so(steward):
    file_import = loaded(some_customers(2), CUSTOMER)

    assert said(act(steward, file_import, "pause")) == ["This is done, so that cannot be done."]


# --- While it runs ----------------------------------------------------------------------------------------------


def test_a_running_import_is_paused_resumed_and_cancelled(steward):
    file_import = runs.start(file_import=proposed(some_customers(3), CUSTOMER))

    act(steward, file_import, "pause")
    assert file_import.state == ImportState.PAUSED
    act(steward, file_import, "resume")
    assert file_import.state == ImportState.RUNNING
    act(steward, file_import, "cancel")
    assert file_import.state == ImportState.CANCELLED


def test_the_panel_tells_how_far_it_is(steward):
    file_import = runs.start(file_import=proposed(some_customers(4), CUSTOMER))
    FileImport.objects.update(rows_done=3, started_at=days_ago(1 / 86_400))

    panel = steward.get(address(file_import, "panel"))

    assert (panel.context["percent"], panel.context["active"]) == (75, True)
    assert b"<html" not in panel.content


def test_a_failed_check_is_told_on_the_page(steward):
    file_import = proposed(some_customers(2), CUSTOMER)
    FileImport.objects.update(error="Stopped after row 7 of those in the file: ValueError")

    page = steward.get(address(file_import) + "?checking=1")

    assert page.context["step"] == "columns"
    assert "Stopped after row 7" in page.content.decode()


# --- Rejected rows, and what is never shown ---------------------------------------------------------------------


def test_rejected_rows_are_taken_as_an_attachment_with_a_line_in_the_access_log(steward):
    file_import = loaded(customers(["1", "anna@planted.dk", "Anna", "", "x"]), CUSTOMER, file_name='a"b\u202e.csv')

    answered = steward.post(address(file_import, "rejects"))

    assert answered["Content-Disposition"] == f'attachment; filename="rejected-{file_import.pk}.csv"'
    assert "no-store" in answered["Cache-Control"]
    assert b"anna@planted.dk" in b"".join(answered.streaming_content)
    assert AccessEntry.objects.get().action == "rejected_rows"


def test_no_personal_value_is_shown_on_the_way(steward):
    content = customers(
        ["c1", "anna@planted.dk", "Annaplanted", "Ribe", "5"], ["c2", "bo@planted.dk", "Boplanted", "", "x"]
    )
    shown = [upload(steward, content).content]
    file_import = FileImport.objects.get()
    runs.describe(file_import=file_import, mapping=mapping(CUSTOMER, at=file_import.source))
    runs.check(file_import=file_import)
    shown.append(steward.get(address(file_import)).content)
    runs.run(file_import=runs.start(file_import=file_import))
    shown.append(steward.get(address(file_import)).content)

    assert not any(planted in page for page in shown for planted in (b"anna@", b"bo@", b"Annaplanted", b"Boplanted"))


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [
        ("Steward", "rejects", 200),
        ("Integration admin", "rejects", 403),
        ("Compliance officer", "rejects", 403),
        ("Compliance officer", "start", 403),
        ("Marketer", "start", 403),
    ],
)
def test_only_who_may_run_imports_does_and_only_who_may_open_values_takes_rows(client, role, place, status):
    client.force_login(user(roles=[role]))
    file_import = loaded(customers(["1", "", "", "", "x"]), CUSTOMER)

    assert client.post(address(file_import, place)).status_code == status


def test_an_upload_needs_its_token_and_its_right(client):
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(user(roles=["Steward"]))
    assert upload(stranger, some_customers(1)).status_code == 403
    client.force_login(user(roles=["Compliance officer"]))
    assert upload(client, some_customers(1)).status_code == 403
    assert (FileImport.objects.count(), SourceIdentity.objects.count()) == (0, 0)


def test_the_list_costs_the_same_for_one_import_and_for_three(steward):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            steward.get(reverse("admin:profiles_fileimport_changelist"))
        return len(queries)

    loaded(some_customers(1), CUSTOMER)
    cost()  # the first request also reads the session and the permissions
    one = cost()
    loaded(some_order_lines(2), ORDER_LINE)
    loaded(some_order_lines(3), ORDER_LINE)

    assert cost() == one
