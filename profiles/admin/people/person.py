"""What the profile page shows: who this is, how we know, since when; every value with its source and age."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from django.db.models import Prefetch, Q, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from profiles.admin.people.reveal import Sight
from profiles.models import (
    Alias,
    Attribute,
    Event,
    GoldenValue,
    Identifier,
    OrderLine,
    Profile,
    Record,
    StewardDecision,
)
from profiles.vault import DOCUMENT, IDENTIFIER, Item

EVENTS_A_PAGE = 25
RECORDS_A_PAGE = 20
OPEN_COLUMNS = ("text", "number", "date", "boolean", "items")
GROUPS = {"name": _("Name"), "address": _("Address"), "": _("More")}


def golden(profile: Profile, sight: Sight) -> dict[str, GoldenValue]:
    """The values that stand, by the code of their attribute; each carries `shown`, its value as this user sees it."""
    found = list(
        GoldenValue.objects.filter(profile=profile)
        .select_related("attribute", "record__source")
        .order_by("attribute__group", "attribute__code")
    )
    sealed = [value for value in found if is_sealed(value.record.traits[value.attribute.code])]
    texts = sight.read([_item(value.record, DOCUMENT, value.attribute.code) for value in sealed])
    for value in found:
        value.shown = open_value(value)
    for value, text in zip(sealed, texts, strict=True):
        value.shown = text
    return {value.attribute.code: value for value in found}


def groups_of(values: dict[str, GoldenValue]) -> list[tuple[str, list[GoldenValue]]]:
    """The golden values under the headings of the page."""
    ordered = sorted(values.values(), key=lambda value: (_rank(value), str(value.attribute)))
    return [(GROUPS.get(group, group), list(rows)) for group, rows in groupby(ordered, lambda v: _heading(v))]


def name_of(values: dict[str, GoldenValue]) -> str:
    """The name as this user sees it, or an empty string."""
    full = values.get("full_name")
    parts = [values[code].shown for code in ("first_name", "last_name") if code in values]
    return (full.shown if full else " ".join(part for part in parts if part)) or ""


def identifiers(profile: Profile, sight: Sight) -> list[dict]:
    """Each identifier value once: kind, value, whether verified, which sources say it, when last."""
    facts = (
        Identifier.objects.filter(identity__profile=profile)
        .select_related("namespace", "record__source")
        .order_by("namespace__priority", "namespace__code", "blind", "-observed_at")
    )
    one_value = [list(rows) for _key, rows in groupby(facts, lambda fact: (fact.namespace_id, fact.blind))]
    texts = sight.read([_item(rows[0], IDENTIFIER, rows[0].namespace.code) for rows in one_value])
    return [
        {
            "namespace": rows[0].namespace,
            "shown": text,
            "verified": any(fact.verified for fact in rows),
            "sources": sorted({fact.record.source.title for fact in rows}),
            "observed_at": max(fact.observed_at for fact in rows),
        }
        for rows, text in zip(one_value, texts, strict=True)
    ]


def records(profile: Profile, sight: Sight, before: int | None) -> dict:
    """Source records with what each said, the newest first, a page at a time."""
    query = Record.objects.filter(identity__profile=profile).select_related("source", "file_import").order_by("-id")
    if before:
        query = query.filter(id__lt=before)
    page = list(query[: RECORDS_A_PAGE + 1])
    older = page[RECORDS_A_PAGE - 1].pk if len(page) > RECORDS_A_PAGE else None
    page = page[:RECORDS_A_PAGE]
    attach_facts(page, sight.read)
    return {"records": page, "older": older, "first_page": before is None}


def timeline(profile: Profile, before: tuple[datetime, int] | None) -> dict:
    """Events, the newest first. The page begins after `before`: (moment, id) of the last one shown."""
    query = Event.objects.filter(profile=profile).select_related("source", "name").order_by("-occurred_at", "-id")
    if before:
        moment, key = before
        query = query.filter(occurred_at__lte=moment).exclude(occurred_at=moment, id__gte=key)
    page = list(query[: EVENTS_A_PAGE + 1])
    last = page[EVENTS_A_PAGE - 1] if len(page) > EVENTS_A_PAGE else None
    prefetch_related_objects(page, Prefetch("lines", OrderLine.objects.of(page)))
    return {
        "events": page[:EVENTS_A_PAGE],
        "older": f"{last.occurred_at.isoformat()}~{last.pk}" if last else "",
        "first_page": before is None,
    }


def history(profile: Profile) -> dict:
    """How this profile came to be what it is: which ids it was given, and what stewards decided."""
    decisions = (
        StewardDecision.objects.filter(Q(identity__profile=profile) | Q(other__profile=profile))
        .select_related("decided_by", "identity__source", "other__source", "attribute", "withdraws")
        .prefetch_related("withdrawn_by")
        .order_by("-decided_at", "-id")
    )
    return {"decisions": decisions[:50], "belonged": _belonged(profile)[:50]}


def _belonged(profile: Profile) -> list[dict]:
    """Which profile each of its identities was, the latest first; the present one has no end."""
    identities = {one.pk: one for one in profile.identities.select_related("source")}
    past = Alias.objects.filter(identity__in=identities).order_by("-valid_from")
    now = [(one, one.profile_id, one.profile_since, None) for one in identities.values()]
    then = [(identities[one.identity_id], one.profile, one.valid_from, one.valid_to) for one in past[:50]]
    return [
        dict(zip(("identity", "profile", "since", "until"), row, strict=True))
        for row in sorted(now + then, key=lambda row: row[2], reverse=True)
    ]


def open_value(row):
    """The value of a golden value that is not sealed; None where it has none."""
    found = next((found for name in OPEN_COLUMNS if (found := getattr(row, name)) is not None), None)
    return readable(found)


def readable(value):
    """An open value as a person reads it."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def is_sealed(said) -> bool:
    """Whether a record tells only the keyed digest of what it said."""
    return isinstance(said, dict)


def attach_facts(page: list[Record], read) -> None:
    """Give each record `said`: [(title, value)] of its identifiers and values; `read` opens or masks vault items."""
    identities = {record.identity_id for record in page}
    keys = [record.pk for record in page]
    named = Identifier.objects.filter(identity__in=identities, record__in=keys).select_related("namespace")
    titles = {one.code: str(one) for one in Attribute.objects.all()}
    facts = [(fact.record_id, str(fact.namespace), _item(fact, IDENTIFIER, fact.namespace.code)) for fact in named]
    for record in page:
        for code, said in (record.traits or {}).items():
            shown = _item(record, DOCUMENT, code) if is_sealed(said) else readable(said)
            facts.append((record.pk, titles[code], shown))
    sealed = [shown for _record, _title, shown in facts if isinstance(shown, Item)]
    texts = iter(read(sealed))
    told = defaultdict(list)
    for key, title, shown in facts:
        told[key].append((title, next(texts) if isinstance(shown, Item) else shown))
    for record in page:
        record.said = told[record.pk]


def _item(fact, place: str, field: str) -> Item:
    return Item(fact.identity_id, place, fact.sealed, field)


def _rank(value: GoldenValue) -> int:
    return list(GROUPS).index(_heading(value))


def _heading(value: GoldenValue) -> str:
    return value.attribute.group if value.attribute.group in GROUPS else ""
