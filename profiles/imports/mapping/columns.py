"""A mapping as a person fills it in: what each column means, one meaning a column."""

from contextlib import closing
from typing import NamedTuple

from django.utils.translation import gettext as _

from profiles.imports.files import reading
from profiles.imports.files.formats import Format
from profiles.imports.files.storage import UPLOADS
from profiles.imports.mapping.specification import said, typed_traits, with_amount
from profiles.imports.mapping.values import is_time, likely_form
from profiles.ingestion.events.personal_properties import contains_personal_data
from profiles.models import Attribute, FileImport, Namespace
from profiles.models.sources import RowKind
from profiles.vault import mask

SAMPLE_ROWS = 100
SHOWN = 3
SHORT = 7  # digits; numbers of people and telephones have more
MOMENTS = {"observed_at", "event.occurred_at", "consents.effective_at"}
COMMON = ("purpose", "state", "channel", "wording")
BY_NAME = {"event.properties", "event.personal"}


class Meaning(NamedTuple):
    """Something that a column may mean: `target` is its place in a spec, such as `identifiers.email`."""

    target: str
    title: str


def meanings(rows: str) -> list[tuple[str, list[Meaning]]]:
    """What columns may mean, in groups with their titles."""
    groups = [
        (_("Who"), [Meaning("external_id", _("Number at the source")), *_identifiers()]),
        (_("What is known"), _attributes()),
    ]
    if rows == RowKind.EVENTS:
        return [(_("What happened"), _event()), *groups]
    groups[0][1].append(Meaning("observed_at", _("When this was collected")))
    return [*groups, (_("What was allowed"), _consent())] if rows == RowKind.CONSENTS else groups


def samples(file_import: FileImport) -> dict[str, list[str]]:
    """The first values of each column, in clear: for looking at their form, not for showing."""
    with closing(UPLOADS.opened(file_import.stored_as)) as stored:
        block = next(reading.blocks(stored, Format.of(file_import.format), size=SAMPLE_ROWS), None)
    if block is None:
        return {}
    return {name: [text for text in block.table[name].to_pylist() if text] for name in block.table.column_names}


def shown(texts: list[str]) -> list[str]:
    """The first few different values: short figures and times as they are, all else masked."""
    return [text if _harmless(text) else mask(text) for text in list(dict.fromkeys(texts))[:SHOWN]]


def spec_of(
    chosen: dict[str, str],
    *,
    rows: str,
    texts: dict[str, list[str]],
    event_name: str = "",
    dates: str = "",
    constants: dict[str, str] | None = None,
) -> dict:
    """The spec that says what was `chosen` ({column: target}).

    dates: the form of all dates; empty: of each column, what its `texts` ({column: first values}) look like.
    constants: what the decisions of all rows have in common, {field: value}.
    """
    spec: dict = {}
    typed = typed_traits({"traits": {target.removeprefix("traits."): "" for target in chosen.values()}})
    for column, target in chosen.items():
        place, _dot, name = target.partition(".")
        is_time = target in MOMENTS or typed.get(name) == "day"
        cell = _cell(column, (dates or likely_form(texts.get(column, []))) if is_time else None)
        if not name:
            spec[place] = cell
        elif target in BY_NAME:
            spec.setdefault(place, {}).setdefault(name, {})[column] = cell
        else:
            _add(spec.setdefault(place, {}), name, cell)
    for name, value in (constants or {}).items():
        spec.setdefault("consents", {}).setdefault(name, {"value": value})
    if "consents" in spec:
        spec["consents"] = [spec["consents"]]
    if rows == RowKind.EVENTS:
        spec["event"] = {"name": event_name} | with_amount(spec.get("event", {}))
    return spec


def chosen_of(spec: dict) -> dict[str, str] | None:
    """{column: target} of a spec, beside its `constants_of`; None where it says more than choices can hold."""
    event = dict(spec.get("event", {}))
    name = event.pop("name", "")
    amount = event.get("amount")
    if amount == {"multiply": [event.get("quantity"), event.get("price")]}:
        del event["amount"]
    consents = spec.get("consents", [])
    if "when" in spec or "type" in event or not isinstance(name, str) or len(consents) > 1:
        return None
    places = {"identifiers": spec.get("identifiers", {}), "traits": spec.get("traits", {}), "event": event}
    common = constants_of(spec)
    places["consents"] = {name: cell for name, cell in (consents or [{}])[0].items() if name not in common}
    cells = [(target, spec[target]) for target in ("external_id", "observed_at") if target in spec]
    cells += [pair for place, members in places.items() for pair in _flat(place, members)]
    columns = [said(cell).get("column") if said(cell).keys() <= {"column", "form"} else None for _target, cell in cells]
    if None in columns or len(set(columns)) < len(columns):
        return None
    return {column: target for column, (target, _cell) in zip(columns, cells, strict=True)}


def constants_of(spec: dict) -> dict[str, str]:
    """{field: value} of what the decisions of all rows have in common, in a spec with one decision a row."""
    consents = spec.get("consents", [])
    cells = consents[0].items() if len(consents) == 1 else ()
    return {name: cell["value"] for name, cell in cells if name in COMMON and said(cell).keys() == {"value"}}


def twice(chosen: dict[str, str]) -> list[str]:
    """Targets that two columns cannot both mean."""
    many = [target for target in chosen.values() if target not in BY_NAME and not target.startswith("identifiers.")]
    return sorted({target for target in many if many.count(target) > 1})


def _flat(place: str, members: dict):
    for name, cell in members.items():
        target = f"{place}.{name}"
        if target in BY_NAME:
            yield from ((target, one) for one in cell.values())
        elif isinstance(cell, list):
            yield from ((target, one) for one in cell)
        else:
            yield target, cell


def _add(members: dict, name: str, cell) -> None:
    """A second column of the same kind of identifier stands beside the first."""
    if name in members:
        earlier = members[name]
        members[name] = [*earlier, cell] if isinstance(earlier, list) else [earlier, cell]
    else:
        members[name] = cell


def _cell(column: str, form: str | None) -> str | dict:
    return {"column": column, "form": form} if form else column


def _harmless(text: str) -> bool:
    """A short figure or a time. A telephone may read as a date without signs, a national id as one with a time."""
    if sum(sign.isdigit() for sign in text) <= SHORT:
        return all(sign.isdigit() or sign in ".,:-/ " for sign in text)
    return is_time(text) and not text.isdigit() and not contains_personal_data(text)


def _identifiers() -> list[Meaning]:
    return [Meaning(f"identifiers.{one.code}", str(one)) for one in Namespace.objects.all()]


def _attributes() -> list[Meaning]:
    return [Meaning(f"traits.{one.code}", str(one)) for one in sorted(Attribute.objects.filter(active=True), key=str)]


def _event() -> list[Meaning]:
    return [
        Meaning("event.occurred_at", _("When it happened")),
        Meaning("event.order_id", _("Order")),
        Meaning("event.product_id", _("Product")),
        Meaning("event.category", _("Category")),
        Meaning("event.quantity", _("Quantity")),
        Meaning("event.price", _("Price of one")),
        Meaning("event.amount", _("Amount")),
        Meaning("event.currency", _("Currency")),
        Meaning("event.lines", _("Order lines: a list of products")),
        Meaning("event.message_id", _("Number of the row, by which it counts once")),
        Meaning("event.properties", _("Further property")),
        Meaning("event.personal", _("Further property, personal")),
    ]


def _consent() -> list[Meaning]:
    return [
        Meaning("consents.purpose", _("Purpose")),
        Meaning("consents.state", _("Decision")),
        Meaning("consents.channel", _("Channel")),
        Meaning("consents.effective_at", _("When it was decided")),
        Meaning("consents.wording", _("Text that was shown")),
    ]
