"""What a person answered, entry by entry, and what was allowed at a moment: for a compliance officer to read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from cdp.base.database.sql import rows
from consents.models import (
    Channel,
    ConsentEvidence,
    ConsentRecord,
    CorrectionRequest,
    Ledger,
    Objection,
    Purpose,
    Restriction,
    Suppression,
)
from consents.overrides import standing as overriding
from consents.overrides.objections import denies
from consents.recording import recorders
from consents.recording.recorders import Recorder
from consents.state import past
from consents.state.fold import ALWAYS, COUNTED, EVERYONE, KIN, THESE
from profiles.models import FileImport
from profiles.vault import IDENTIFIER, Item

_ENTRIES = COUNTED.format(place=THESE, kin=KIN, among="TRUE") + "SELECT DISTINCT seq FROM counted"
_RELATED = ("purpose", "purpose_version", "controller", "notice_version", "collection_point", "source")


@dataclass(frozen=True)
class LedgerEntry:
    """One decision of the ledger as it concerns a person.

    stands: it is the answer now. corrected_by: the later entry that took its effect away. evidence: what proves it, or
    file_import: the import whose row does. doubt: the open request to correct it. recorder: who put it into the ledger.
    """

    entry: Ledger
    stands: bool
    corrected_by: int | None
    evidence: ConsentEvidence | None
    file_import: FileImport | None
    doubt: CorrectionRequest | None
    recorder: Recorder

    @property
    def evidence_sha256(self) -> str:
        """Digest of the sealed evidence, as everybody can take it of the ciphertext; empty where there is none."""
        return bytes(self.entry.evidence_digest).hex()


class StandingConsent(NamedTuple):
    """The answer to one choice at a moment; `state` tells when it had run out."""

    purpose: Purpose
    channel: str
    state: str
    since: datetime
    until: datetime | None
    position: int
    contact_ref: UUID | None


def entries(profile: UUID, *, purpose: str = "", channel: str = "", state: str = "") -> list[LedgerEntry]:
    """The decisions that count for the present person `profile`, and those corrected; the latest act first.

    They stand under every id that the person ever had. purpose: a key; channel, state: terms.
    """
    asked = {"purpose__key": purpose, "channel": channel, "state": state}
    found = list(
        Ledger.objects.filter(pk__in=positions(profile), **{name: value for name, value in asked.items() if value})
        .select_related(*_RELATED)
        .order_by("-effective_at", "-history_id")
    )
    standing = set(ConsentRecord.objects.filter(profile=profile).values_list("ledger_position", flat=True))
    corrected = _corrected(found)
    evidence, doubts, recorded = _evidence(found), _doubts(found), recorders.of(found)
    file_imports = FileImport.objects.in_bulk({entry.file_import for entry in found} - {None})
    return [
        LedgerEntry(
            entry,
            entry.pk in standing,
            corrected.get(entry.pk),
            evidence.get(entry.pk),
            file_imports.get(entry.file_import),
            doubts.get(entry.pk),
            recorded[entry.pk],
        )
        for entry in found
    ]


def positions(profile: UUID) -> list[int]:
    """The ledger entries that concern the present person `profile`."""
    return [seq for (seq,) in rows(_ENTRIES, ALWAYS | {"profiles": [profile]})]


def _corrected(entries: Sequence[Ledger]) -> dict[int, int]:
    asked = [entry.pk for entry in entries]
    return dict(Ledger.objects.filter(supersedes__in=asked).values_list("supersedes", "history_id"))


def _doubts(entries: Sequence[Ledger]) -> dict[int, CorrectionRequest]:
    asked = CorrectionRequest.objects.filter(entry__in=[entry.pk for entry in entries], decided_at=None)
    return {one.entry: one for one in asked.select_related("requested_by")}


def _evidence(entries: Sequence[Ledger]) -> dict[int, ConsentEvidence]:
    proven = [entry.pk for entry in entries if entry.evidence_digest]
    return ConsentEvidence.objects.defer("sealed").in_bulk(proven)


def standing_consents(profile: UUID, *, as_of: datetime, known_at: datetime | None = None) -> list[StandingConsent]:
    """Every choice of the person that `profile` meant at `as_of`, as far as known at `known_at` (None: today)."""
    meant = past.profiles_then([profile], min(as_of, known_at or as_of)).get(profile, profile)
    found = past.records([meant], as_of=as_of, known_at=known_at)
    purposes = Purpose.objects.in_bulk({row["purpose_id"] for row in found})
    return [
        StandingConsent(
            purposes[row["purpose_id"]],
            row["channel"],
            row["state_then"],
            row["validity_until"] if row["state_then"] != row["state"] else row["effective_at"],
            row["validity_until"],
            row["ledger_position"],
            row["contact_ref"],
        )
        for row in found
    ]


class Matrix(NamedTuple):
    """Purpose by channel: `rows` holds (purpose, [answers for each of `channels`]); no answers: no record."""

    channels: list[Channel]
    rows: list[tuple[Purpose, list[list[StandingConsent]]]]


def matrix(found: Iterable[StandingConsent]) -> Matrix:
    """The answers as a table: every active purpose, and each channel that has an answer."""
    cells = defaultdict(list)
    for one in found:
        cells[one.purpose.pk, one.channel].append(one)
    used = [Channel(value) for value in Channel.values if any(channel == value for _purpose, channel in cells)]
    answered = {purpose for purpose, _channel in cells}
    purposes = [one for one in Purpose.objects.order_by("title") if one.active or one.pk in answered]
    return Matrix(used, [(one, [cells[one.pk, channel] for channel in used]) for one in purposes])


class Layers(NamedTuple):
    """What is above consent for a person, the latest first, ended or not."""

    objections: list[Objection]
    restrictions: list[Restriction]
    suppressions: list[Suppression]


def layers(profile: UUID) -> Layers:
    """Objections, restrictions and suppressions that concern the present person `profile`."""
    objections = Objection.objects.filter(pk__in=_covering("consents_objection", profile))
    restrictions = Restriction.objects.filter(pk__in=_covering("consents_restriction", profile))
    entries = [entry for (entry,) in rows(_SUPPRESSIONS, [profile])]
    suppressions = Suppression.objects.filter(pk__in=entries).select_related("namespace", "created_by")
    return Layers(
        list(objections.select_related("purpose", "source").order_by("-effective_at", "-pk")),
        list(restrictions.order_by("-effective_at", "-pk")),
        list(suppressions.order_by("-created_at")),
    )


def reopened(profile: UUID) -> list[Purpose]:
    """The marketing that no objection denies any more although one to all of it stands, by title.

    The person said yes to it directly afterwards, or took the objection to it back.
    """
    ended = Objection.objects.filter(pk__in=_covering("consents_objection", profile), lifted=True)
    marketing = Q(direct_marketing=True) | Q(profiling=True)
    purposes = Purpose.objects.filter(marketing, pk__in=ended.values("purpose")).order_by("title")
    return [one for one in purposes if not denies(profile, one)]


def _covering(table: str, profile: UUID) -> list[int]:
    covering = overriding.about(table).format(**overriding.parts(place=EVERYONE, people="= %(profile)s"))
    sql = f"""SELECT DISTINCT o.id FROM ({covering}) o JOIN ({EVERYONE}) s ON s.identity = o.identity
              WHERE s.profile = %(profile)s"""
    return [key for (key,) in rows(sql, ALWAYS | {"profile": profile})]


_SUPPRESSIONS = """
SELECT DISTINCT ON (x.entry) x.id FROM consents_suppression x
JOIN profiles_identifier i ON i.namespace_id = x.namespace_id AND i.blind = x.blind
JOIN profiles_sourceidentity s ON s.id = i.identity_id
WHERE s.profile_id = %s ORDER BY x.entry, x.id
"""


def addresses(profile: UUID, refs: Iterable[UUID | None]) -> dict[UUID, Item]:
    """The addresses that `refs` stand for, as far as the person has them, sealed: to be opened or masked."""
    asked = {ref for ref in refs if ref}
    if not asked:
        return {}
    found = rows(
        """
        SELECT DISTINCT ON (c.ref) c.ref, i.identity_id, i.sealed, n.code FROM consents_contactpoint c
        JOIN profiles_identifier i ON i.namespace_id = c.namespace_id AND i.blind = c.blind
        JOIN profiles_sourceidentity s ON s.id = i.identity_id
        JOIN profiles_namespace n ON n.id = i.namespace_id
        WHERE c.ref = ANY(%s) AND s.profile_id = %s ORDER BY c.ref, i.record_id, i.namespace_id
        """,
        [list(asked), profile],
    )
    return {ref: Item(identity, IDENTIFIER, sealed, code) for ref, identity, sealed, code in found}
