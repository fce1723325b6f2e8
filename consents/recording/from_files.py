"""Decisions that rows of a file tell of: recorded as reports of an older system or a partner, never as direct ones.

A yes needs words that were in use and cover the purpose: `wording` holds their exact text, or `key/language/version`.
It also needs a collection point that may ask for the purpose and has the trust of the file. The row is its evidence:
the ledger names import and row.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from consents.models import ActorKind, Channel, CollectionPoint, Method, NoticeVersion, Purpose, State, Trust
from consents.recording import ledger
from consents.recording.statement import ConsentStatement, FileRow, RefusedStatement
from consents.state.contact_points import ADDRESSED_BY, item_of
from profiles.imports.run.handlers import Answered, RowDecision, StatementRefusal
from profiles.models import FileImport, Identifier, Record
from profiles.models.sources import Party
from profiles.vault import open_values

#: What files write for an answer, beside the terms of the vocabulary itself.
WORDS = {
    State.GIVEN: "yes y ja j true 1 given granted opt-in tilmeldt",
    State.REFUSED: "no n nej false 0 refused afvist nekat",
    State.WITHDRAWN: "withdrawn opt-out unsubscribed afmeldt framelded tilbagekaldt återkallat avanmäld",
}
_STATES = {word: state for state, words in WORDS.items() for word in words.split()}
#: Where in the file a fault of a decision comes from.
_COLUMNS = {"notice": "wording", "language": "wording", "collection_point": "purpose", "contact": "channel"}


def record(*, file_import: FileImport, said: Sequence[RowDecision], by) -> Answered:
    """Record all that may stand; tell the rows that said something new, and what may not stand, by row."""
    recorded, refused_statements = ledger.record_possible(_statements(file_import, said), by=by)
    refused = {one.index for one in refused_statements}
    stand = [one.row_number for index, one in enumerate(said) if index not in refused]
    new: dict[int, int] = {}
    for row_number, position, replayed in zip(stand, recorded.positions, recorded.replayed, strict=True):
        if not replayed:
            new.setdefault(position, row_number)  # the same row once more in the file says nothing new
    refusals = [_refusal(said[one.index].row_number, one, _trust(file_import)) for one in refused_statements]
    return Answered(set(new.values()), refusals)


def constants() -> dict[str, list[tuple[str, str]]]:
    """What all decisions of a file may have in common: by field the values to choose from, with their titles."""
    notices = NoticeVersion.objects.exclude(published_from=None).defer("text", "withdrawal_text")
    return {
        "purpose": [(one.key, one.title) for one in Purpose.objects.filter(active=True).order_by("title")],
        "state": [(state.value, state.label) for state in WORDS],
        "channel": list(Channel.choices),
        "wording": [(f"{one.key}/{one.language}/{one.version}", str(one)) for one in notices],
    }


def _refusal(row_number: int, refused: RefusedStatement, trust: Trust) -> StatementRefusal:
    field, code = refused.violation.field, refused.violation.code
    detail = _advice(trust).get((field, code), refused.violation.detail)
    return StatementRefusal(row_number, _COLUMNS.get(field, field), code, detail)


def _advice(trust: Trust) -> dict[tuple[str, str], str]:
    """(field, code) -> what to do about it, where a file leaves other ways than the guard's sentence tells."""
    terms = {"plain": ", ".join(_STATES), "terms": ", ".join(State.values)}
    return {
        ("state", "unknown_term"): _("Write one of these words: %(plain)s; or a term of the ledger: %(terms)s.")
        % terms,
        ("notice", "missing"): _("Say which words the person saw: their text, or key/language/version."),
        ("notice", "notice_not_in_use"): _(
            "These words were not in use when the person answered. Name those that were, or publish them as a notice "
            "that has been in use since then."
        ),
        ("collection_point", "missing"): _(
            "Make a collection point for this purpose with the trust “%(trust)s”: nothing else takes these answers."
        )
        % {"trust": trust.label},
    }


def _statements(file_import: FileImport, said: Sequence[RowDecision]) -> list[ConsentStatement]:
    trust = _trust(file_import)
    points = _points(trust)
    collected = dict(Record.objects.filter(pk__in={one.record for one in said}).values_list("pk", "observed_at"))
    words = _words({one.wording.strip() for one in said})
    moments = [one.effective_at or collected[one.record] for one in said]
    statements = [
        ConsentStatement(
            record=one.record,
            purpose=one.purpose.strip(),
            channel=one.channel.strip() or Channel.NONE,
            state=_STATES.get(one.state.strip().lower(), one.state.strip()),
            effective_at=moment,
            source=file_import.source.code,
            source_event_id=one.message_id,
            notice=_shown(words.get(one.wording.strip(), []), moment),
            collection_point=points.get(one.purpose.strip(), ""),
            method=Method.IMPORT,
            actor_kind=ActorKind.PARTNER if trust == Trust.PARTNER_ASSERTED else ActorKind.SUBJECT,
            row=FileRow(file_import.pk, one.row_number),
        )
        for one, moment in zip(said, moments, strict=True)
    ]
    identities = {one.record: one.identity for one in said}
    addresses = _addresses(statements, identities, by=file_import.created_by)
    return [replace(one, contact=addresses.get((one.record, one.channel))) for one in statements]


def _trust(file_import: FileImport) -> Trust:
    return Trust.PARTNER_ASSERTED if file_import.party >= Party.SECOND else Trust.IMPORTED_LEGACY


def _points(trust: str) -> dict[str, str]:
    """Purpose -> the collection point of that trust that may ask for it."""
    pairs = CollectionPoint.objects.filter(trust=trust, active=True, purposes__isnull=False)
    return dict(pairs.order_by("-key").values_list("purposes__key", "key"))


def _words(wordings: set[str]) -> dict[str, list[NoticeVersion]]:
    """Wording -> the notices it may be, told by its text or by its name."""
    by_hash = {hashlib.sha256(wording.encode()).hexdigest(): wording for wording in wordings}
    found: dict[str, list[NoticeVersion]] = {}
    for notice in NoticeVersion.objects.exclude(published_from=None).defer("text", "withdrawal_text"):
        for wording in (f"{notice.key}/{notice.language}/{notice.version}", by_hash.get(notice.sha256)):
            if wording in wordings:
                found.setdefault(wording, []).append(notice)
    return found


def _shown(notices: list[NoticeVersion], moment: datetime) -> tuple[str, str, int] | None:
    """The name of the one that was in use at `moment`, else of any: the same words may stand in several notices."""
    one = next((notice for notice in notices if notice.in_use_at(moment)), notices[0] if notices else None)
    return one and (one.key, one.language, one.version)


def held_by(records: Mapping[int, UUID]) -> QuerySet[Identifier]:
    """The addresses in `records`, of which each names its identity: what finds an identifier without reading all."""
    held = Identifier.objects.filter(identity__in=set(records.values()), record__in=records)
    return held.filter(namespace__contact_channel__in=set(ADDRESSED_BY.values())).select_related("namespace")


def _addresses(statements: Sequence[ConsentStatement], identities: Mapping[int, UUID], *, by) -> dict:
    """(record, channel) -> the one address of that record for the channel; several or none say nothing of one."""
    asked = {statement.record for statement in statements if statement.channel in ADDRESSED_BY}
    held = held_by({record: identities[record] for record in asked})
    items = [item_of(one) for one in held]
    values = open_values(items, by=by, action="record_consents", purpose="consents of an import")
    found: dict = {}
    for one, value in zip(held, values, strict=True):
        for channel, kind in ADDRESSED_BY.items():
            if kind == one.namespace.contact_channel and value:
                found.setdefault((one.record_id, channel), {})[value] = (one.namespace.code, value)
    return {key: next(iter(addresses.values())) for key, addresses in found.items() if len(addresses) == 1}
