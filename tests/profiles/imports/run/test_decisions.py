"""Answers in a file, handed to who keeps them."""

import pytest

from cdp.base.extension import ExtensionPoint
from profiles.imports.mapping.specification import MappingRefused
from profiles.imports.run import handlers
from profiles.imports.run.handlers import Answered, StatementRefusal
from profiles.models import FileImport, Record, Rejection
from tests.profiles.imports.building import (
    loaded,
    mapping,
    table,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_blocks")]


def rejected(file_import: FileImport) -> dict[int, tuple[str, str]]:
    return {one.row_number: (one.column, one.code) for one in Rejection.objects.filter(file_import=file_import)}


NEWSLETTER = {
    "purpose": {"value": "newsletter"},
    "channel": {"value": "email"},
    "state": {"column": "news", "values": {"ja": "ConsentGiven", "nej": "ConsentRefused"}},
    "effective_at": "news at",
    "wording": "text",
}


def test_decisions_in_a_file_are_handed_to_who_keeps_them(monkeypatch):
    calls = []

    def keep(*, file_import, said, by):
        calls.append(said)
        old = [one.row_number for one in said if one.wording == "old"]
        refusals = [StatementRefusal(number, "state", "too_old", "Too old.") for number in old]
        return Answered({one.row_number for one in said} - {*old}, refusals)

    place = ExtensionPoint("decisions")
    place.add(keep, order=1)
    monkeypatch.setattr(handlers, "DECISIONS", place)
    content = table(
        ["id", "news", "news at", "text"],
        ["1", "Ja", "2024-05-01", "Yes please"],
        ["2", "nej", "", ""],
        ["3", "", "", ""],
        ["4", "ja", "", "old"],
        ["5", "måske", "", ""],
    )

    file_import = loaded(content, {"external_id": "id", "consents": [NEWSLETTER]})

    given, again = calls
    identities = dict(Record.objects.values_list("row_number", "identity"))
    assert [(one.row_number, one.state, one.wording) for one in given] == [
        (2, "ConsentGiven", "Yes please"),
        (3, "ConsentRefused", ""),
        (5, "ConsentGiven", "old"),
    ]
    assert [one.identity for one in again] == [identities[2], identities[3]]
    assert 5 not in identities
    assert given[0].effective_at.isoformat() == "2024-04-30T22:00:00+00:00"
    assert len({one.message_id for one in given}) == 3
    assert [one.row_number for one in again] == [2, 3]
    assert rejected(file_import) == {5: ("news", "too_old"), 6: ("news", "unknown_value")}


def test_a_file_of_decisions_is_refused_where_nobody_keeps_them(monkeypatch):
    monkeypatch.setattr(handlers, "DECISIONS", ExtensionPoint("decisions"))

    with pytest.raises(MappingRefused, match="takes no consents"):
        mapping({"external_id": "id", "consents": [NEWSLETTER]})
