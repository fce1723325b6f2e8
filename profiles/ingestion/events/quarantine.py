"""Events that could not be used: put aside sealed, as they came, until somebody repairs the cause or lets them go."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

import orjson
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from cdp.base.errors import stated
from profiles import vault
from profiles.ingestion.events import payload
from profiles.ingestion.events.calls import KINDS
from profiles.ingestion.events.intake import CallRefusal, IncomingCall, take_in
from profiles.ingestion.events.store import message_key
from profiles.models import QuarantineItem, Source
from profiles.models.events import QuarantineState
from profiles.values.pii_detection import contains_personal_data

PLACE = "profiles_quarantineitem.sealed"
KEPT = timedelta(days=30)
SAMPLE_NAMES = 20
#: What to do about each reason.
ADVICE = {
    "no_identity": _("Nothing says whose event it is. Send a userId or an anonymousId that is not a placeholder."),
    "no_event_name": _("A track call needs the name of the event in `event`."),
    "bad_event_name": _("The name is longer than 200 characters, or tells who somebody is. Send a fixed name."),
    "unknown_type": _("The type is not one of identify, track, page, screen, group, alias."),
    "event_too_large": _("The event is larger than 256 KiB. Send references instead of contents."),
    "too_many_lines": _("The event has more than 1,000 products. Send them in several events."),
    "bad_timestamp": _("The event is older than ten years. Load such history as a file."),
    "bad_message_id": _("The messageId is longer than 255 characters, or no text."),
    "nul_character": _("A text holds the character NUL, which cannot be stored. Remove it."),
    "bad_character": _("A text is not valid UTF-8 or holds half a surrogate pair. Encode it again."),
    "too_deep": _("Objects are nested deeper than 20 levels. Send flat properties."),
    "not_an_object": _("An event is a JSON object."),
    "not_json": _("The event is not JSON: NaN, Infinity or a number beyond all bounds are not."),
    "failed": _("Storing this event failed again and again. Repair the cause, then replay."),
}


class Replayed(NamedTuple):
    """How many items became events (or were events already), and how many stay aside."""

    replayed: int
    left: int


def put_aside(refusals: Iterable[CallRefusal], *, source: Source, is_test: bool) -> None:
    """Keep refused events. What is aside already stays as it is: the same event may be sent many times."""
    items = [_item(source, is_test, *refusal) for refusal in refusals]
    QuarantineItem.objects.bulk_create(items, ignore_conflicts=True)


@transaction.atomic
def replay(items: Iterable[QuarantineItem], *, by) -> Replayed:
    """Try open items again, with the times they came at. Those that still cannot be used stay, with today's reason."""
    chosen = QuarantineItem.objects.filter(pk__in=[item.pk for item in items], state=QuarantineState.OPEN)
    groups = defaultdict(list)
    for item in chosen.select_for_update(of=["self"]).select_related("source", "ingest_request").order_by("pk"):
        entry, is_test = _entry(item)
        groups[item.source, is_test].append((item, entry))
    counts = [_replay(source, is_test, pairs, by) for (source, is_test), pairs in groups.items()]
    return Replayed(sum(one.replayed for one in counts), sum(one.left for one in counts))


def discard(items: Iterable[QuarantineItem], *, reason: str, by) -> int:
    """Let open items go for a stated reason: their content is destroyed. Gives how many."""
    reason = stated(reason, otherwise=gettext_lazy("Say why these events are let go. Nothing was changed."))
    return QuarantineItem.objects.filter(pk__in=[item.pk for item in items], state=QuarantineState.OPEN).update(
        state=QuarantineState.DISCARDED, sealed=None, sample={}, note=f"{by or 'system'}: {reason}"
    )


def purge(*, now: datetime | None = None) -> int:
    """Delete what has passed its day."""
    return QuarantineItem.objects.filter(expires_at__lte=now or timezone.now()).delete()[0]


def _replay(source: Source, is_test: bool, pairs: list[tuple[QuarantineItem, IncomingCall]], by) -> Replayed:
    taken = take_in(source=source, is_test=is_test, entries=[entry for _, entry in pairs])
    reasons = {id(entry): reason for entry, reason in taken.refused}
    for item, entry in pairs:
        if reason := reasons.get(id(entry)):
            item.reason, item.detail = reason, ADVICE[reason]
        else:
            item.state, item.sealed, item.sample = QuarantineState.REPLAYED, None, {}
            item.note = f"{by or 'system'}"
    QuarantineItem.objects.bulk_update(
        [item for item, _ in pairs], ["state", "sealed", "sample", "reason", "detail", "note"]
    )
    return Replayed(len(pairs) - len(reasons), len(reasons))


def _item(source: Source, is_test: bool, entry: IncomingCall, reason: str) -> QuarantineItem:
    raw = payload.raw(entry.event)
    head = orjson.dumps({"is_test": is_test, "sent_at": entry.sent_at, "call": entry.call})
    return QuarantineItem(
        source=source,
        ingest_request=entry.ingest_request,
        key=message_key(source.pk, f"quarantine {sha256(raw).hexdigest()}", is_test=is_test),
        reason=reason,
        detail=ADVICE[reason],
        sealed=vault.seal_own(PLACE, head + b"\n" + raw),
        sample=_sample(entry.event, len(raw)) | ({"test": True} if is_test else {}),
        received_at=entry.received_at,
        expires_at=timezone.now() + KEPT,
    )


def _entry(item: QuarantineItem) -> tuple[IncomingCall, bool]:
    head, _, raw = vault.open_own(PLACE, item.sealed).partition(b"\n")
    told = orjson.loads(head)
    sent_at = told["sent_at"] and datetime.fromisoformat(told["sent_at"])
    return IncomingCall(payload.parse_event(raw), item.received_at, sent_at, told["call"], item.ingest_request), told[
        "is_test"
    ]


def _sample(event: dict | payload.ParseError, size: int) -> dict:
    """What a steward may see without opening it: type, name and the names of properties, no values."""
    if not isinstance(event, dict):
        return {"size": size}
    name, kind = event.get("event"), event.get("type")
    properties = event.get("properties") or event.get("traits")
    return {
        "size": size,
        "type": kind if isinstance(kind, str) and kind in KINDS else None,
        "event": name if isinstance(name, str) and _is_plain(name) else None,
        "properties": sorted(filter(_is_plain, properties))[:SAMPLE_NAMES] if isinstance(properties, dict) else [],
    }


def _is_plain(name: str) -> bool:
    return len(name) <= 100 and name.isprintable() and not contains_personal_data(name)
