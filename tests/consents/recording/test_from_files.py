"""Decisions in files: reports, never direct; a yes with its words and its row as evidence."""

import csv
import io
import re

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cdp.base.database.sql import execute
from consents.models import ConsentEvidence, Ledger
from consents.permission.decision import decide
from consents.proof import history
from consents.proof.proof import as_csv, prove
from consents.recording import from_files
from profiles.imports.run import runs
from profiles.models import AccessEntry, FileImport, Record, Rejection, SourceIdentity
from tests import builders
from tests.consents import building as consent
from tests.profiles.imports.building import counts, loaded, proposed, table

pytestmark = pytest.mark.django_db
SPEC = {
    "external_id": "id",
    "identifiers": {"email": "email"},
    "consents": [
        {
            "purpose": {"value": "newsletter"},
            "channel": {"value": "email"},
            "state": "answer",
            "effective_at": "when",
            "wording": "words",
        }
    ],
}
COLUMNS = ["id", "email", "answer", "when", "words"]


@pytest.fixture(autouse=True)
def files_of_the_test(settings, tmp_path):
    settings.KENDT_FILES = tmp_path


@pytest.fixture
def news():
    news = consent.purpose()
    consent.notice(news, key="paper", text="Ja tak, send mig nyheder.")
    consent.point(news, key="binder", kind="paper", trust="imported_legacy")
    return news


def test_answers_of_an_older_system_are_recorded_with_words_row_and_address(news):
    rows = [
        ["A", "a@example.dk", "ja", "2024-03-01 10:00", "Ja tak, send mig nyheder."],
        ["B", "b@example.dk", "yes", "2024-03-01 10:00", "paper/da/1"],
        ["C", "c@example.dk", "Nej", "2024-03-01 10:00", ""],
        ["D", "d@example.dk", "ConsentWithdrawn", "2024-03-01 10:00", ""],
        ["E", "e@example.dk", "", "", ""],
    ]

    file_import = loaded(table(COLUMNS, *rows), SPEC)

    assert counts(file_import) == (5, 0, 0, 0)
    found = Ledger.objects.order_by("pk").values_list("state", "trust", "method", "effective_at__year")
    assert sorted(found) == [
        ("ConsentGiven", "imported_legacy", "import", 2024),
        ("ConsentGiven", "imported_legacy", "import", 2024),
        ("ConsentRefused", "imported_legacy", "import", 2024),
        ("ConsentWithdrawn", "imported_legacy", "import", 2024),
    ]
    record = Ledger.objects.filter(state="ConsentGiven").first()
    profile = SourceIdentity.objects.get(pk=record.identity_ref).profile
    answer = decide(profile, purpose="newsletter", channel="email")
    assert (answer.allowed, answer.contact_ref) == (True, record.contact_ref)
    assert record.record == profile.identities.get().records.get().pk


def test_addresses_of_a_block_are_found_without_reading_all_identifiers(news):
    loaded(table(COLUMNS, ["A", "a@example.dk", "ja", "2024-03-01", "paper/da/1"]), SPEC)
    record = Record.objects.get()
    execute("SET LOCAL enable_seqscan = off")

    found = from_files.held_by({record.pk: record.identity_id})

    assert [one.namespace.code for one in found] == ["email"]
    assert "Index Cond: (identity_id = ANY" in found.explain() or "Index Cond: (identity_id =" in found.explain()


def test_an_imported_yes_is_proven_by_its_row_in_its_file(news):
    file_import = loaded(table(COLUMNS, ["A", "a@example.dk", "ja", "2024-03-01", "paper/da/1"]), SPEC)

    entry = Ledger.objects.get()
    assert (entry.file_import, entry.row_number, entry.evidence_digest) == (file_import.pk, 2, b"")
    assert not ConsentEvidence.objects.exists()
    (told,) = history.entries(entry.identity_ref)
    assert (told.file_import, told.evidence) == (file_import, None)


def test_page_and_proofs_name_the_row_and_the_file_by_its_content(client, news):
    client.force_login(builders.user(roles=["Compliance officer"]))

    file_import = loaded(table(COLUMNS, ["A", "a@example.dk", "ja", "2024-03-01", "paper/da/1"]), SPEC)

    person = Ledger.objects.get().identity_ref
    page = client.get(reverse("admin:consents_person_history", args=[person])).content.decode()
    assert f"Evidence: row 2 of {file_import}, SHA-256 {file_import.sha256}" in page
    proof = prove(person, by=builders.user(), reason="complaint")
    heads, row = list(csv.reader(io.StringIO(as_csv(proof).decode("utf-8-sig"))))[-2:]
    told = dict(zip(heads, row, strict=True))
    assert (told["SHA-256 of the evidence"], told["row of the file"]) == (file_import.sha256, "2")


def test_a_row_that_says_nothing_new_of_its_person_is_named_itself_and_not_the_row_they_came_in(news):
    loaded(table(["id", "email"], ["A", "a@example.dk"]), {"external_id": "id", "identifiers": {"email": "email"}})

    file_import = loaded(
        table(COLUMNS, ["B", "", "", "", ""], ["A", "a@example.dk", "ja", "2024-03-01", "paper/da/1"]), SPEC
    )

    entry = Ledger.objects.get()
    assert Record.objects.get(pk=entry.record).file_import != file_import
    assert (entry.file_import, entry.row_number) == (file_import.pk, 3)


def test_the_ledger_takes_a_row_only_with_its_import_and_by_import(news):
    loaded(table(COLUMNS, ["A", "a@example.dk", "ja", "2024-03-01", "paper/da/1"]), SPEC)
    columns = [field.column for field in Ledger._meta.fields if field.column not in ("history_id", "source_event_id")]
    again = f"""INSERT INTO consents_historicalconsentrecord (source_event_id, {", ".join(columns)})
                SELECT 'again', {", ".join(columns)} FROM consents_historicalconsentrecord"""

    for column, value in (("row_number", "NULL"), ("file_import", "NULL"), ("method", "'checkbox'")):
        with pytest.raises(IntegrityError, match="consents_ledger_row_is_of_an_import"), transaction.atomic():
            execute(re.sub(rf"\b{column}\b(?=[^)]*$)", value, again))


def test_rows_that_may_not_stand_are_rejected_with_their_column_and_the_others_go_in(news):
    rows = [
        ["A", "a@example.dk", "ja", "2024-03-01", "words nobody knows"],
        ["B", "b@example.dk", "maybe", "2024-03-01", ""],
        ["C", "c@example.dk", "ja", "2024-03-01", "paper/da/1"],
    ]

    file_import = loaded(table(COLUMNS, *rows), SPEC)

    rejected = {one.row_number: (one.column, one.code) for one in Rejection.objects.filter(file_import=file_import)}
    assert rejected == {2: ("words", "missing"), 3: ("answer", "unknown_term")}
    assert list(Ledger.objects.values_list("state", flat=True)) == ["ConsentGiven"]


def test_without_a_place_for_imported_consents_none_goes_in():
    news = consent.purpose()
    consent.notice(news, key="paper")
    consent.point(news)

    file_import = loaded(table(COLUMNS, ["A", "a@example.dk", "ja", "2024-03-01", "paper/da/1"]), SPEC)

    assert [one.code for one in Rejection.objects.filter(file_import=file_import)] == ["missing"]
    assert not Ledger.objects.exists()


def test_the_same_row_in_another_file_is_the_same_decision(news):
    row = ["A", "a@example.dk", "ja", "2024-03-01", "paper/da/1"]
    found = runs.remember_mapping(source=builders.source(), name="answers", rows="customers", spec=SPEC)

    loaded(table(COLUMNS, row), found)
    loaded(table(COLUMNS, row, ["B", "b@example.dk", "", "", ""]), found)

    assert Ledger.objects.count() == 1


def test_a_row_of_decisions_counts_as_new_when_its_decision_is_recorded(news):
    source = builders.source()
    people = table(["id", "email"], *([number, f"{number}@example.dk"] for number in "abc"))
    loaded(people, {"external_id": "id", "identifiers": {"email": "email"}})
    found = runs.remember_mapping(source=source, name="answers", rows="consents", spec=SPEC)
    yes, no = (["a", "a@example.dk", "ja", "2024-03-01", "paper/da/1"], ["b", "b@example.dk", "nej", "2024-03-01", ""])
    silent, bad = ["c", "c@example.dk", "", "", ""], ["c", "c@example.dk", "maybe", "2024-03-01", ""]
    twice = ["a", "a@example.dk", "nej", "2024-05-01", ""]

    tried = runs.check(file_import=proposed(table(COLUMNS, yes, yes, no, twice, silent, bad), found))
    done = loaded(table(COLUMNS, yes, yes, no, twice, silent, bad), found)
    again = loaded(table(COLUMNS, yes, no, twice), found)

    assert counts(tried) == counts(done) == (3, 0, 2, 1)
    assert (Ledger.objects.count(), counts(again)) == (3, (0, 0, 3, 0))


def test_words_that_stand_in_two_notices_are_those_that_were_in_use(news):
    since = builders.days_ago(30)
    consent.notice(news, key="older", text="Ja.")
    consent.notice(news, key="older", text="Noget andet.", since=since)
    consent.notice(news, key="newer", text="Ja.", since=since)

    loaded(table(COLUMNS, ["A", "a@example.dk", "ja", "2024-03-01", "Ja."]), SPEC)
    loaded(table(COLUMNS, ["B", "b@example.dk", "ja", f"{builders.days_ago(3):%Y-%m-%d}", "Ja."]), SPEC)

    used = Ledger.objects.order_by("effective_at").values_list("notice_version__key", flat=True)
    assert list(used) == ["older", "newer"]


def test_the_advice_of_a_bad_answer_lists_plain_words_and_that_of_old_words_a_way(news):
    consent.notice(news, key="fresh", since=builders.days_ago(3))
    rows = [["A", "a@example.dk", "maybe", "2024-03-01", ""], ["B", "b@example.dk", "ja", "2024-03-01", "fresh/da/1"]]

    file_import = loaded(table(COLUMNS, *rows), SPEC)

    bad, old = Rejection.objects.filter(file_import=file_import).order_by("row_number").values_list("detail", flat=True)
    assert {"ja", "nej", "yes", "no", "afmeldt", "ConsentGiven"} <= set(re.findall(r"[\w-]+", bad))
    assert "in use since then" in old


@pytest.fixture
def steward(client):
    client.force_login(builders.user(roles=["Steward"]))
    return client


def answers() -> FileImport:
    content = table(["Kundenr", "Svar", "Dato"], ["A", "ja", "01-03-2024"], ["B", "nej", "02-03-2024"])
    return runs.propose(file=io.BytesIO(content), file_name="svar.csv", source=builders.source(), by=None)


def test_a_file_of_answers_is_mapped_by_choices_alone(steward, news):
    file_import = answers()
    page = steward.get(reverse("admin:profiles_fileimport_change", args=[file_import.pk]), {"rows": "consents"})
    form = page.context["mapping_form"]
    chosen = {field.html_name: field.initial for field in form.column_fields()}
    common = {"all_purpose": "newsletter", "all_channel": "email", "all_wording": "paper/da/1"}

    said = {"rows": "consents", "name": "answers"} | chosen | common
    steward.post(reverse("admin:profiles_fileimport_columns", args=[file_import.pk]), said)
    file_import.refresh_from_db()
    runs.run(file_import=runs.start(file_import=file_import))

    assert list(chosen.values()) == ["external_id", "consents.state", "consents.effective_at"]
    found = Ledger.objects.order_by("effective_at").values_list("state", "channel", "notice_version__key")
    assert list(found) == [("ConsentGiven", "email", "paper"), ("ConsentRefused", "email", "paper")]
    again = steward.get(reverse("admin:profiles_fileimport_change", args=[answers().pk]), {"mapping": "answers"})
    kept = again.context["mapping_form"]
    assert {field.html_name: field.initial for field in kept.constant_fields()} == common | {"all_state": ""}
    assert kept.has_choices


def test_what_a_column_says_is_not_said_for_all_rows_too(steward, news):
    file_import = answers()
    said = {"column_0": "external_id", "column_1": "consents.state", "all_state": "ConsentGiven"}

    page = steward.post(
        reverse("admin:profiles_fileimport_columns", args=[file_import.pk]), {"rows": "consents", "name": "x"} | said
    )

    assert "Decision is told by a column and for all rows. Choose one." in page.content.decode()


def test_an_undated_answer_is_as_old_as_its_row_however_often_it_comes(news):
    row = ["A", "a@example.dk", "ja", "", "paper/da/1"]
    found = runs.remember_mapping(source=builders.source(), name="answers", rows="customers", spec=SPEC)

    loaded(table(COLUMNS, row), found)
    again = loaded(table(COLUMNS, row, ["B", "b@example.dk", "", "", ""]), found)

    assert (Ledger.objects.count(), again.rows_rejected) == (1, 0)


def test_opening_the_addresses_of_a_file_is_logged_once(news):
    loaded(table(COLUMNS, *([f"K{n}", f"k{n}@example.dk", "ja", "2024-03-01", "paper/da/1"] for n in range(3))), SPEC)

    assert list(AccessEntry.objects.filter(action="record_consents").values_list("count", flat=True)) == [3]


def test_a_row_whose_decision_is_refused_leaves_nothing_of_its_person(news):
    when, words = "2024-03-01 10:00", "Ja tak, send mig nyheder."

    file_import = loaded(
        table(COLUMNS, ["A", "a@example.dk", "ja", when, words], ["B", "b@example.dk", "maybe", when, words]), SPEC
    )

    assert counts(file_import) == (1, 0, 0, 1)
    assert SourceIdentity.objects.filter(source=file_import.source).count() == 1
    assert Ledger.objects.count() == 1
