"""Decisions that rows of a file tell of: recorded as reports of an older system or a partner, never as direct ones.

A yes needs words that were in use and cover the purpose: `wording` holds their exact text, or `key/language/version`.
It also needs a collection point that may ask for the purpose and has the trust of the file. The row is its evidence,
and its source record tells file and row.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from consents import ledger
from consents.contacts import ADDRESSED_BY, item_of
from consents.decisions import Decision, Problem
from consents.models import ActorKind, Channel, CollectionPoint, Method, NoticeVersion, State, Trust
from profiles.imports.handlers import Refusal, RowDecision
from profiles.models import Batch, Identifier, Record
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


def record(*, batch: Batch, said: Sequence[RowDecision], by) -> list[Refusal]:
    """Record all that may stand; give what may not, by row."""
    _recorded, faults = ledger.record_possible(_decisions(batch, said), by=by)
    return [_refusal(said[fault.index].row_number, fault) for fault in faults]


def _refusal(row_number: int, problem: Problem) -> Refusal:
    advice = {
        ("notice", "missing"): _("Say which words the person saw: their text, or key/language/version."),
        ("collection_point", "missing"): _("Make a collection point for this purpose that takes imported consents."),
    }
    detail = advice.get((problem.field, problem.code), problem.detail)
    return Refusal(row_number, _COLUMNS.get(problem.field, problem.field), problem.code, detail)


def _decisions(batch: Batch, said: Sequence[RowDecision]) -> list[Decision]:
    trust = Trust.PARTNER_ASSERTED if batch.party >= Party.SECOND else Trust.IMPORTED_LEGACY
    points = _points(trust)
    collected = dict(Record.objects.filter(pk__in={one.record for one in said}).values_list("pk", "observed_at"))
    words = _words({one.wording.strip() for one in said})
    decisions = [
        Decision(
            record=one.record,
            purpose=one.purpose.strip(),
            channel=one.channel.strip() or Channel.NONE,
            state=_STATES.get(one.state.strip().lower(), one.state.strip()),
            effective_at=one.effective_at or collected[one.record],
            source=batch.source.code,
            source_event_id=one.message_id,
            notice=words.get(one.wording.strip()),
            collection_point=points.get(one.purpose.strip(), ""),
            method=Method.IMPORT,
            actor_kind=ActorKind.PARTNER if trust == Trust.PARTNER_ASSERTED else ActorKind.SUBJECT,
            evidence=f"imported row {one.message_id}".encode(),
        )
        for one in said
    ]
    addresses = _addresses(decisions, by=batch.created_by)
    return [replace(one, contact=addresses.get((one.record, one.channel))) for one in decisions]


def _points(trust: str) -> dict[str, str]:
    """Purpose -> the collection point of that trust that may ask for it."""
    pairs = CollectionPoint.objects.filter(trust=trust, active=True, purposes__isnull=False)
    return dict(pairs.order_by("-key").values_list("purposes__key", "key"))


def _words(wordings: set[str]) -> dict[str, tuple[str, str, int]]:
    """Wording -> the notice it is, told by its text or by its name."""
    by_hash = {hashlib.sha256(wording.encode()).hexdigest(): wording for wording in wordings}
    found = {}
    for notice in NoticeVersion.objects.exclude(published_from=None).only("key", "language", "version", "sha256"):
        named = (notice.key, notice.language, notice.version)
        for wording in ("/".join(map(str, named)), by_hash.get(notice.sha256)):
            if wording in wordings:
                found[wording] = named
    return found


def _addresses(decisions: Sequence[Decision], *, by) -> dict:
    """(record, channel) -> the one address of that record for the channel; several or none say nothing of one."""
    records = {decision.record for decision in decisions if decision.channel in ADDRESSED_BY}
    kinds = set(ADDRESSED_BY.values())
    held = Identifier.objects.filter(record__in=records, namespace__contact_channel__in=kinds).select_related(
        "namespace"
    )
    items = [item_of(one) for one in held]
    values = open_values(items, by=by, action="record_consents", purpose="consents of an import")
    found: dict = {}
    for one, value in zip(held, values, strict=True):
        for channel, kind in ADDRESSED_BY.items():
            if kind == one.namespace.contact_channel and value:
                found.setdefault((one.record_id, channel), {})[value] = (one.namespace.code, value)
    return {key: next(iter(addresses.values())) for key, addresses in found.items() if len(addresses) == 1}
