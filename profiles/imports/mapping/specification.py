"""The language in which a mapping says what columns mean (docs/integrations.md, "Mappings"): checked, and proposed."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from jsonschema import Draft202012Validator

from cdp.base.errors import Refused
from profiles.imports.mapping import column_names
from profiles.imports.mapping.values import is_form
from profiles.imports.run import handlers
from profiles.models import Attribute, Namespace
from profiles.models.reference import ValueType
from profiles.models.sources import RowKind

SCHEMA = Path(__file__).with_name("mapping.schema.json")
NEEDED = {RowKind.CUSTOMERS: "external_id", RowKind.EVENTS: "event", RowKind.CONSENTS: "consents"}


class MappingRefused(Refused):
    """The mapping does not fit: `errors` tell where and why."""

    code = "mapping_refused"
    status = 422
    sentence = gettext_lazy("The mapping does not fit, so nothing was loaded. %(first)s")

    def __init__(self, errors: list[dict]):
        super().__init__(errors=errors, first=f"{errors[0]['pointer']}: {errors[0]['detail']}")


def check(spec: dict, *, rows: str, columns: Iterable[str] | None = None) -> None:
    """Refuse a spec that breaks the language, names what is not known, or (with `columns`) what the file lacks."""
    errors = list(_breaches(spec))
    if not errors:
        errors = [*_unknown(spec, rows), *(_missing_columns(spec, set(columns)) if columns is not None else [])]
    if errors:
        raise MappingRefused(errors)


def said(cell: str | dict) -> dict:
    """A cell of the language in its long form: a bare text is a column."""
    return {"column": cell} if isinstance(cell, str) else cell


def columns_in(cell: dict) -> list[str]:
    """The columns that a cell in its long form is read from."""
    return [cell["column"]] if "column" in cell else [*cell.get("join", []), *cell.get("multiply", [])]


def cells_of(spec: dict) -> Iterator[tuple[str, dict]]:
    """(pointer, cell) of everything in a spec that is read from the file or said by it."""
    for name in ("external_id", "observed_at"):
        if name in spec:
            yield f"/{name}", said(spec[name])
    for place in ("identifiers", "traits"):
        for code, cell in spec.get(place, {}).items():
            for one in cell if isinstance(cell, list) else [cell]:
                yield f"/{place}/{code}", said(one)
    yield from _event_cells(spec.get("event", {}))
    for number, consent in enumerate(spec.get("consents", [])):
        yield from ((f"/consents/{number}/{name}", said(cell)) for name, cell in consent.items())


def columns_named(spec: dict) -> dict[str, str]:
    """{column: pointer} of the columns that a file must have."""
    named: dict[str, str] = {}
    for pointer, cell in cells_of(spec):
        for column in [] if cell.get("optional") else columns_in(cell):
            named.setdefault(column, pointer)
    for number, condition in enumerate(spec.get("when", [])):
        named.setdefault(condition["column"], f"/when/{number}")
    return named


def propose(columns: Iterable[str], *, rows: str) -> dict:
    """A first mapping by the names of the columns, in English, Danish and Swedish; a person corrects it."""
    found: dict[str, str] = {}
    for column in columns:
        if target := column_names.target_of(column, rows=rows):
            found.setdefault(target, column)
    spec: dict = {}
    for target, column in found.items():
        place, _dot, code = target.partition(".")
        if code:
            spec.setdefault(place, {})[code] = column
        else:
            spec[place] = column
    if "consents" in spec:
        spec["consents"] = [spec["consents"]]
    if rows == RowKind.EVENTS:
        spec["event"] = {"name": "Order Line", **with_amount(spec.get("event", {}))}
    return spec


def with_amount(event: dict) -> dict:
    """Quantity times price, where no column holds the amount itself."""
    if "amount" not in event and {"quantity", "price"} <= event.keys():
        return event | {"amount": {"multiply": [event["quantity"], event["price"]]}}
    return event


def _event_cells(event: dict) -> Iterator[tuple[str, dict]]:
    for name, cell in event.items():
        if name in {"properties", "personal"}:
            yield from ((f"/event/{name}/{key}", said(one)) for key, one in cell.items())
        elif name != "type" and not (name == "name" and isinstance(cell, str)):
            yield f"/event/{name}", said(cell)


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text()))


def _breaches(spec: dict) -> Iterator[dict]:
    for error in sorted(_validator().iter_errors(spec), key=lambda error: list(map(str, error.absolute_path))):
        yield _error("/" + "/".join(map(str, error.absolute_path)), "schema", _breach(error))


def _breach(error) -> str:
    if error.validator == "anyOf":
        return _("Expected is the name of a column, or an object with one of: column, value, join, multiply.")
    if error.validator == "additionalProperties":
        stranger = re.findall(r"'([^']*)'", error.message)
        return _("%(name)s is not known here.") % {"name": stranger[0] if stranger else error.message}
    if error.validator == "required":
        return _("%(name)s is missing.") % {"name": re.findall(r"'([^']*)'", error.message)[0]}
    return error.message


def _unknown(spec: dict, rows: str) -> Iterator[dict]:
    if NEEDED[rows] not in spec:
        yield _error("/", "required", _("%(name)s is missing: rows of this kind need it.") % {"name": NEEDED[rows]})
    if rows == RowKind.CONSENTS and "external_id" not in spec:
        yield _error("/", "required", _("%(name)s is missing: rows of this kind need it.") % {"name": "external_id"})
    if "consents" in spec and handlers.DECISIONS.only is None:
        yield _error("/consents", "no_handler", _("This installation takes no consents from files."))
    namespaces = set(Namespace.objects.values_list("code", flat=True))
    attributes = set(Attribute.objects.filter(active=True).values_list("code", flat=True))
    for code in spec.get("identifiers", {}).keys() - namespaces:
        yield _error(f"/identifiers/{code}", "unknown_namespace", _("This kind of identifier is not known."))
    for code in spec.get("traits", {}).keys() - attributes:
        yield _error(f"/traits/{code}", "unknown_attribute", _("This attribute is not known."))
    if (own := said(spec.get("external_id", "")).get("namespace")) and own not in namespaces:
        yield _error("/external_id/namespace", "unknown_namespace", _("This kind of identifier is not known."))
    for pointer, cell in cells_of(spec):
        if "form" in cell and not is_form(cell["form"]):
            yield _error(f"{pointer}/form", "unknown_form", _("No time can be read by this form."))


def _missing_columns(spec: dict, columns: set[str]) -> Iterator[dict]:
    for column, pointer in columns_named(spec).items():
        if column not in columns:
            detail = _("The file has no column %(column)s. It has: %(columns)s.")
            names = ", ".join(sorted(columns)[:40])
            yield _error(pointer, "unknown_column", detail % {"column": column, "columns": names})


def _error(pointer: str, code: str, detail: str) -> dict:
    return {"pointer": pointer, "code": code, "detail": str(detail)}


def typed_traits(spec: dict) -> dict[str, str]:
    """{attribute code: "number" or "day"} of the traits whose notation the file decides."""
    kinds = {ValueType.NUMBER: "number", ValueType.DATE: "day"}
    found = Attribute.objects.filter(code__in=spec.get("traits", {})).values_list("code", "type")
    return {code: kinds[type] for code, type in found if type in kinds}
