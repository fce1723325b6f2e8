"""Proof of what a person allowed, to hand over: the history with the words as shown, as CSV or as PDF.

Proof names the person in clear: making it opens their name and addresses, and stands in the access log.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cdp.base.errors import stated
from cdp.base.spreadsheets import as_text
from consents.models import Channel
from consents.proof import history
from consents.proof.history import LedgerEntry
from profiles import vault
from profiles.values import reading

NAMES = ["full_name", "first_name", "last_name"]
WHO = [*NAMES, "customer_no"]


@dataclass(frozen=True)
class Proof:
    """A history to be written out: about whom, what was asked for, by whom and when, and its rows."""

    profile: UUID
    person: str
    asked: dict[str, str]
    reason: str
    operator: str
    made_at: datetime
    entries: Sequence[LedgerEntry]
    addresses: dict[UUID, str]

    def header(self) -> list[tuple[str, str]]:
        """What the proof says of itself, in the reader's language."""
        filters = ", ".join(f"{name}: {value}" for name, value in self.asked.items() if value)
        return [
            (_("Person"), self.person or "–"),
            (_("Profile"), f"prf_{self.profile}"),
            (_("Filter"), filters or _("none, the whole history")),
            (_("Entries"), str(len(self.entries))),
            (_("Made"), f"{date_format(timezone.localtime(self.made_at), 'DATETIME_FORMAT')} ({settings.TIME_ZONE})"),
            (_("Made by"), self.operator),
            (_("Reason"), self.reason),
        ]

    def rows(self) -> Iterator[list[str]]:
        """One row an entry, in the order of COLUMNS."""
        for one in self.entries:
            entry = one.entry
            yield [
                str(entry.pk),
                _moment(entry.effective_at),
                _moment(entry.recorded_at),
                entry.purpose.title,
                str(entry.purpose_version.number) if entry.purpose_version else "",
                entry.get_channel_display() if entry.channel != Channel.NONE else "",
                self.addresses.get(entry.contact_ref, ""),
                entry.get_state_display() if entry.state else _("correction"),
                remark(one),
                str(entry.notice_version or ""),
                entry.notice_version.sha256 if entry.notice_version else "",
                entry.collection_point.title if entry.collection_point else "",
                entry.get_method_display(),
                entry.get_actor_kind_display(),
                str(one.recorder),
                entry.source.title,
                entry.source_event_id,
                one.file_import.sha256 if one.file_import else one.evidence_sha256,
                str(entry.row_number or ""),
                _moment(entry.validity_until),
            ]


def columns() -> list[str]:
    """Headings of the rows of a proof."""
    return [
        _("entry"),
        _("effective"),
        _("recorded"),
        _("purpose"),
        _("purpose version"),
        _("channel"),
        _("address"),
        _("state"),
        _("remark"),
        _("notice"),
        _("SHA-256 of the notice"),
        _("collection point"),
        _("method"),
        _("decided by"),
        _("recorded by"),
        _("source"),
        _("id at the source"),
        _("SHA-256 of the evidence"),
        _("row of the file"),
        _("valid until"),
    ]


def prove(profile: UUID, *, by, reason: str, request_id: str = "", **asked: str) -> Proof:
    """The history of a person as proof, with name and addresses in clear; the opening is logged with `reason`.

    asked: purpose, channel, state, as `history.entries` takes them. Raises ReasonNeeded.
    """
    log = {"by": by, "action": "prove_consent", "purpose": stated(reason), "request_id": request_id}
    found = history.entries(profile, **asked)
    held = history.addresses(profile, (one.entry.contact_ref for one in found))
    values = vault.open_values(list(held.values()), **log)
    return Proof(
        profile=profile,
        person=_person(reading.opened([profile], WHO, **log).get(profile, {})),
        asked=asked,
        reason=reason,
        operator=str(by),
        made_at=timezone.now(),
        entries=found,
        addresses={ref: value or "" for ref, value in zip(held, values, strict=True)},
    )


def _person(values: dict) -> str:
    parts = (values.get("first_name"), values.get("last_name"))
    name = values.get("full_name") or " ".join(part for part in parts if part)
    number = values.get("customer_no")
    return f"{name} ({number})".strip() if number else name


def as_csv(proof: Proof) -> bytes:
    """UTF-8 with byte order mark: the header as two columns, an empty line, then the table."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([title, as_text(value)] for title, value in proof.header())
    writer.writerow([])
    writer.writerow(columns())
    writer.writerows([as_text(value) for value in row] for row in proof.rows())
    return out.getvalue().encode("utf-8-sig")


def _moment(moment: datetime | None) -> str:
    """Local time with its offset, to the second and unambiguous."""
    return timezone.localtime(moment).isoformat(sep=" ", timespec="seconds") if moment else ""


def remark(one: LedgerEntry) -> str:
    """What an entry is beside its state: standing, waiting, a correction or corrected; empty for a past one."""
    if one.corrected_by:
        return _("found false, corrected by entry %(entry)s") % {"entry": one.corrected_by}
    if one.entry.supersedes:
        return _("corrects entry %(entry)s") % {"entry": one.entry.supersedes}
    if one.entry.doi_pending:
        return _("waits for confirmation")
    return _("stands") if one.stands else ""
