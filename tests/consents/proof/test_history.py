"""The history that an officer reads, the matrix of a moment, and the proof that is handed over."""

import csv
import io
from datetime import timedelta

import pytest
from reportlab import rl_config

from cdp.access import service_keys
from cdp.base.database.ids import uuid7
from cdp.base.errors import ReasonNeeded
from consents.overrides import objections, restrictions, suppressions
from consents.proof import history
from consents.proof.pdf import as_pdf
from consents.proof.proof import as_csv, prove
from consents.recording import correction
from consents.recording.statement import FileRow
from profiles.models import AccessEntry
from tests import builders
from tests.consents import building as consent
from tests.profiles.building import person
from tests.some import each

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return person(email="anna@example.dk", full_name="Anna Ågård", external_id="K77")


@pytest.fixture
def news():
    return consent.purpose()


def at_address(profile, purpose, state="ConsentGiven", **said):
    return consent.say(profile, purpose, state, channel="email", contact=("email", "anna@example.dk"), **said)


def test_the_history_tells_every_act_the_latest_first_and_which_stands(anna, news):
    given = at_address(anna, news, days_ago=5)
    late = at_address(anna, news, "ConsentRefused", days_ago=9)
    withdrawn = at_address(anna, news, "ConsentWithdrawn", days_ago=1)
    consent.say(person(), news)

    found = history.entries(anna.pk)

    assert [(one.entry.pk, one.stands) for one in found] == [(withdrawn, True), (given, False), (late, False)]
    assert all(one.evidence for one in each(found))


def test_the_history_is_narrowed_by_purpose_channel_and_state(anna, news):
    offers = consent.purpose("offers")
    email, post = at_address(anna, news), consent.say(anna, news, "ConsentRefused", channel="post")
    other = consent.say(anna, offers, channel="post")

    def found(**asked):
        return {one.entry.pk for one in history.entries(anna.pk, **asked)}

    assert found() == {email, post, other}
    assert found(purpose="newsletter") == {email, post}
    assert found(channel="post") == {post, other}
    assert found(purpose="newsletter", channel="post", state="ConsentRefused") == {post}


def test_a_corrected_entry_stays_readable_and_names_its_correction(anna, news):
    false = at_address(anna, news, days_ago=2)
    fixed = correction.correct(
        entry=false, reason_code="wrong_person", by=builders.user(), approved_by=builders.user()
    ).positions[0]

    found = {one.entry.pk: one for one in history.entries(anna.pk)}

    assert (found[false].corrected_by, found[false].stands) == (fixed, False)
    assert (found[fixed].entry.supersedes, found[fixed].entry.state) == (false, "")


def test_the_matrix_of_a_moment_has_no_record_before_the_first(anna, news):
    consent.purpose("offers")
    moment = builders.days_ago(5)
    at_address(anna, news, at=moment)
    consent.say(anna, news, "ConsentRefused", channel="sms", days_ago=1)

    def cells(as_of):
        found = history.matrix(history.standing_consents(anna.pk, as_of=as_of))
        rows = {purpose.key: [[one.state for one in cell] for cell in row] for purpose, row in found.rows}
        return [channel.value for channel in found.channels], rows

    assert cells(moment - timedelta(seconds=1)) == ([], {"newsletter": [], "offers": []})
    assert cells(moment) == (["email"], {"newsletter": [["ConsentGiven"]], "offers": [[]]})
    assert cells(builders.now()) == (
        ["email", "sms"],
        {"newsletter": [["ConsentGiven"], ["ConsentRefused"]], "offers": [[], []]},
    )


def test_an_answer_that_ran_out_is_expired_since_then(anna):
    yearly = consent.purpose("yearly", valid_months=12)
    consent.say(anna, yearly, days_ago=500)

    (answer,) = history.standing_consents(anna.pk, as_of=builders.now())

    assert answer.state == "ConsentExpired"
    assert answer.since == answer.until < builders.now()


def test_what_is_above_consent_is_told_beside_it(anna, news):
    objections.object_to(profile=anna.pk, source="webshop", source_event_id="o1")
    restrictions.restrict(profile=anna.pk, reason_code="disputed")
    suppressions.suppress(addresses=[("email", "anna@example.dk"), ("email", "bo@example.dk")], reason="complaint")

    above = history.layers(anna.pk)

    assert [len(rows) for rows in above] == [1, 1, 1]
    assert history.layers(person().pk) == ([], [], [])


def test_a_proof_names_person_filter_rows_time_and_operator_and_is_logged(anna, news):
    officer = builders.user("officer")
    position = at_address(anna, news, days_ago=1)
    consent.say(anna, news, channel="post")

    proof = prove(anna.pk, by=officer, reason="complaint 12", purpose="newsletter", channel="email")
    lines = list(csv.reader(io.StringIO(as_csv(proof).decode("utf-8-sig"))))

    header = {line[0]: line[1] for line in lines[: lines.index([])]}
    assert header["Person"] == "Anna Ågård (K77)"
    assert (header["Filter"], header["Entries"]) == ("purpose: newsletter, channel: email", "1")
    assert (header["Made by"], header["Reason"]) == ("officer", "complaint 12")
    row = dict(zip(lines[-2], lines[-1], strict=True))
    assert (row["entry"], row["state"], row["address"], row["remark"]) == (
        str(position),
        "given",
        "anna@example.dk",
        "stands",
    )
    logged = AccessEntry.objects.filter(action="prove_consent")
    assert {(one.actor, one.purpose) for one in logged} == {(officer.pk, "complaint 12")}
    with pytest.raises(ReasonNeeded):
        prove(anna.pk, by=officer, reason=" ")


def test_a_cell_that_would_run_as_a_formula_is_only_text(anna, news):
    at_address(anna, news, source_event_id="=1+1")

    table = as_csv(prove(anna.pk, by=builders.user(), reason="-x")).decode("utf-8-sig")

    assert "'=1+1" in table
    assert ",=1+1" not in table
    assert "'-x" in table


def test_a_proof_on_paper_holds_the_words_as_shown(anna, news):
    consent.notice(news, key="w", text="Ja tak til <b>nyheder</b> & tilbud på æøå")
    at_address(anna, news, notice=("w", "da", 1))

    paper = as_pdf(prove(anna.pk, by=builders.user(), reason="complaint"))

    assert paper.startswith(b"%PDF-")
    assert len(paper) > 2000


@pytest.fixture
def recorded_by_all(anna, news):
    """Entries of every kind of recorder, the latest first: (entry, who recorded it in words)."""
    clerk, importer = builders.user("clerk"), builders.user("importer")
    key, _text = service_keys.issue(name="hall", scopes=["consents:write"])
    row = {"method": "import", "row": FileRow(uuid7(), 2)}
    told = [
        (key, {}, "service key hall"),
        (clerk, {}, clerk.username),
        (importer, row, f"an import by {importer.username}"),
        (None, row, "an import"),
        (None, {}, "the system"),
    ]
    return [
        (at_address(anna, news, days_ago=days, by=by, **row), words)
        for days, (by, row, words) in enumerate(told, start=1)
    ]


def test_the_history_tells_who_recorded_each_entry_whoever_decided(anna, recorded_by_all):
    found = history.entries(anna.pk)

    assert [(one.entry.pk, str(one.recorder)) for one in found] == recorded_by_all
    assert {one.entry.actor_kind for one in found} == {"subject"}


def test_a_recorder_that_nobody_knows_any_more_is_told_by_its_id(anna, news):
    gone = builders.user()
    at_address(anna, news, by=gone, evidence=None)
    was = str(gone.pk)
    gone.delete()

    assert [str(one.recorder) for one in history.entries(anna.pk)] == [was]


def test_both_proofs_tell_who_recorded_each_entry(anna, recorded_by_all, monkeypatch):
    monkeypatch.setattr(rl_config, "pageCompression", 0)
    proof = prove(anna.pk, by=builders.user(), reason="complaint")

    lines = list(csv.reader(io.StringIO(as_csv(proof).decode("utf-8-sig"))))
    column = lines[lines.index([]) + 1].index("recorded by")
    paper = as_pdf(proof).decode("latin-1")

    assert [line[column] for line in lines[lines.index([]) + 2 :]] == [words for _entry, words in recorded_by_all]
    assert [words for _entry, words in recorded_by_all if f"recorded by {words}" not in paper] == []


def test_the_history_costs_as_many_statements_for_many_entries_as_for_one(anna, news, django_assert_num_queries):
    for days in range(1, 4):
        at_address(anna, news, days_ago=days)
        with django_assert_num_queries(6):
            assert len(history.entries(anna.pk)) == days
