"""One form per kind of node: its inputs, what they say, and what a new one begins as."""

from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.numbers import whole
from consents.models import Channel
from segments.builder.arguments import arguments, as_number
from segments.builder.widgets import (
    COMPARISONS,
    OPERATORS,
    PERIODS,
    Widget,
    choose,
    number,
    unit,
)
from segments.language.nodes.event import AGGREGATES
from segments.language.operators import BY_TYPE
from segments.language.vocabulary import EVENT_COLUMNS, Catalogue


class AttrForm:
    title: ClassVar = gettext_lazy("What is known of them")

    @staticmethod
    def new(catalogue: Catalogue) -> dict:
        first = next((code for code, one in catalogue.attributes.items() if not one.sealed), "")
        return {"attr": first, "is": "is_set"}

    @staticmethod
    def widgets(body: dict, catalogue: Catalogue) -> list[Widget]:
        kind = _type_of(body["attr"], catalogue)
        usable = [(code, _(one.title)) for code, one in catalogue.attributes.items() if not one.sealed]
        return [
            choose("attr", _("attribute"), body["attr"], usable, shapes=True),
            choose("is", _("test"), body["is"], OPERATORS, shapes=True, only=BY_TYPE[kind]),
            *arguments(body["is"], kind).widgets(body),
        ]

    @staticmethod
    def read(fields: dict, catalogue: Catalogue) -> dict:
        code = fields.get("attr", "")
        kind = _type_of(code, catalogue)
        operator = fields.get("is") if fields.get("is") in BY_TYPE[kind] else next(iter(BY_TYPE[kind]))
        return {"attr": code, "is": operator} | arguments(operator, kind).read(fields)


class IdentifierForm:
    title: ClassVar = gettext_lazy("How they can be reached or recognised")
    tests: ClassVar = {
        "has": gettext_lazy("they have it"),
        "has_not": gettext_lazy("they do not have it"),
        "verified": gettext_lazy("they have it, verified"),
        "not_verified": gettext_lazy("they do not have it verified"),
    }

    @staticmethod
    def new(catalogue):
        return {"identifier": next(iter(catalogue.namespaces), ""), "is": "has"}

    @classmethod
    def widgets(cls, body, catalogue):
        kinds = [(code, _(one.title)) for code, one in catalogue.namespaces.items()]
        return [
            choose("identifier", _("identifier"), body["identifier"], kinds),
            choose("is", _("test"), body["is"], cls.tests),
        ]

    @staticmethod
    def read(fields, _catalogue):
        return {"identifier": fields.get("identifier", ""), "is": fields.get("is", "")}


class EventForm:
    title: ClassVar = gettext_lazy("What they did")
    measures: ClassVar = {
        "count": gettext_lazy("how many times"),
        "days": gettext_lazy("on how many days"),
        "distinct": gettext_lazy("how many different"),
        "sum": gettext_lazy("the total"),
        "avg": gettext_lazy("the mean"),
        "min": gettext_lazy("the lowest"),
        "max": gettext_lazy("the highest"),
    }
    windows: ClassVar = {
        "ever": gettext_lazy("ever"),
        "last": gettext_lazy("in the last"),
        "from_ago": gettext_lazy("between … ago"),
        "period": gettext_lazy("in the period"),
        "from": gettext_lazy("between two dates"),
    }

    @staticmethod
    def new(catalogue):
        return {"event": "", "window": {"last": 90, "unit": "day"}, "count": {"cmp": ">=", "n": 1}}

    @classmethod
    def widgets(cls, body, catalogue):
        measure = next((kind for kind in AGGREGATES if kind in body), "count")
        wanted = body.get(measure, {"cmp": ">=", "n": 1})
        window = body.get("window", {})
        frame = next((kind for kind in cls.windows if kind in window), "ever")
        return [
            Widget("event", _("event"), value=body["event"], suggestions="event-names"),
            choose("measure", _("measured by"), measure, cls.measures, shapes=True),
            *cls._measure_widgets(measure, wanted),
            choose("window", _("when"), frame, cls.windows, shapes=True),
            *cls._window_widgets(frame, window),
        ]

    @staticmethod
    def _measure_widgets(measure, wanted):
        widgets = [
            choose("cmp", _("compared"), wanted.get("cmp", ">="), COMPARISONS),
            number("goal", _("figure"), wanted.get("value", wanted.get("n"))),
        ]
        if measure not in {"count", "days"}:
            widgets.insert(0, Widget("of", _("of the property"), value=wanted.get("of", ""), suggestions="properties"))
        if measure in {"sum", "avg", "min", "max"}:
            widgets.append(Widget("currency", _("currency, for money"), value=wanted.get("currency", "")))
        return widgets

    @staticmethod
    def _window_widgets(frame, window):
        if frame == "last":
            return [number("last", _("how many"), window.get("last")), unit(window.get("unit", "day"), hours=True)]
        if frame == "from_ago":
            return [
                number("from_ago", _("from"), window.get("from_ago")),
                number("to_ago", _("to"), window.get("to_ago")),
                unit(window.get("unit", "day"), hours=True),
            ]
        if frame == "period":
            choice = choose("period", _("which"), window.get("period", "this"), PERIODS, only={"this", "last"})
            return [choice, unit(window.get("unit", "month"))]
        if frame == "from":
            return [
                Widget("from", _("from"), "date", window.get("from", "")),
                Widget("to", _("before"), "date", window.get("to", "")),
            ]
        return []

    @classmethod
    def read(cls, fields, _catalogue):
        measure = fields.get("measure") if fields.get("measure") in cls.measures else "count"
        body = {"event": fields.get("event", "").strip()}
        if window := cls._read_window(fields):
            body["window"] = window
        goal = "n" if measure in {"count", "days", "distinct"} else "value"
        wanted = _filled(fields, cmp=str, of=str, currency=lambda text: text.strip().upper())
        if fields.get("goal", "").strip():
            wanted[goal] = as_number(fields["goal"])
        if measure in {"count", "days"}:
            wanted.pop("of", None)
        if goal == "n":
            wanted.pop("currency", None)
        return body | {measure: wanted}

    @staticmethod
    def _read_window(fields):
        frame = fields.get("window", "ever")
        if frame == "last":
            return {"last": 30} | _filled(fields, last=as_number) | {"unit": fields.get("unit", "day")}
        if frame == "from_ago":
            found = {"from_ago": 60, "to_ago": 30} | _filled(fields, from_ago=as_number, to_ago=as_number)
            return found | {"unit": fields.get("unit", "day")}
        if frame == "period":
            unit = fields.get("unit", "month")
            return {"period": fields.get("period", "this"), "unit": "month" if unit == "hour" else unit}
        return {"from": "", "to": ""} | _filled(fields, **{"from": str, "to": str}) if frame == "from" else None


class PropertyForm:
    """A test of a property of an event."""

    @staticmethod
    def new(catalogue):
        return {"prop": "category", "is": "is"}

    @classmethod
    def widgets(cls, body, catalogue):
        prop = body.get("prop", "")
        kind = cls._type_of(prop, body["is"])
        return [
            Widget("prop", _("property"), value=prop, suggestions="properties", shapes=True),
            choose("is", _("test"), body["is"], OPERATORS, shapes=True, only=cls._operators(prop)),
            *arguments(body["is"], kind).widgets(body),
        ]

    @classmethod
    def read(cls, fields, _catalogue):
        prop, operator = fields.get("prop", "").strip(), fields.get("is", "is")
        if operator not in cls._operators(prop):
            operator = next(iter(cls._operators(prop)))
        return {"prop": prop, "is": operator} | arguments(operator, cls._type_of(prop, operator)).read(fields)

    @staticmethod
    def _operators(prop):
        kinds = [EVENT_COLUMNS[prop]] if prop in EVENT_COLUMNS else ["text", "number", "boolean"]
        return {name: None for kind in kinds for name in BY_TYPE[kind]}

    @staticmethod
    def _type_of(prop, operator):
        return EVENT_COLUMNS.get(prop) or ("number" if operator in BY_TYPE["number"] else "text")


class ConsentForm:
    title: ClassVar = gettext_lazy("What they allowed")
    tests: ClassVar = {
        "given": gettext_lazy("they have given consent"),
        "not_given": gettext_lazy("there is no standing consent"),
        "withdrawn": gettext_lazy("they have withdrawn it"),
        "not_withdrawn": gettext_lazy("they have not withdrawn it"),
        "refused": gettext_lazy("they have refused"),
        "not_refused": gettext_lazy("they have not refused"),
        "asked": gettext_lazy("they were asked and have not answered"),
        "not_asked": gettext_lazy("they are not waiting to answer"),
    }

    @staticmethod
    def new(catalogue):
        return {"consent": next(iter(catalogue.purposes), ""), "channel": "email", "is": "given"}

    @classmethod
    def widgets(cls, body, catalogue):
        purposes = [(key, one.title) for key, one in catalogue.purposes.items()]
        return [
            choose("consent", _("purpose"), body["consent"], purposes),
            choose("channel", _("channel"), body["channel"], Channel.choices),
            choose("is", _("test"), body["is"], cls.tests),
        ]

    @staticmethod
    def read(fields, _catalogue):
        return {key: fields.get(key, "") for key in ("consent", "channel", "is")}


class SegmentForm:
    title: ClassVar = gettext_lazy("Another segment")

    @staticmethod
    def new(catalogue):
        return {"segment": next((key for key, one in catalogue.segments.items() if one.current), ""), "in": True}

    @staticmethod
    def widgets(body, catalogue):
        known = [(key, one.title) for key, one in catalogue.segments.items() if one.current]
        membership = [("yes", _("they are in it")), ("no", _("they are not in it"))]
        return [
            choose("segment", _("segment"), body["segment"], known),
            choose("in", _("test"), "yes" if body["in"] else "no", membership),
        ]

    @staticmethod
    def read(fields, _catalogue):
        return {"segment": fields.get("segment", ""), "in": fields.get("in") != "no"}


class SampleForm:
    title: ClassVar = gettext_lazy("A random share")

    @staticmethod
    def new(catalogue):
        return {"sample": 10, "seed": "a"}

    @staticmethod
    def widgets(body, catalogue):
        return [
            number("sample", _("percent of people"), body.get("sample")),
            Widget("seed", _("seed: the same gives the same people"), value=body.get("seed", "")),
        ]

    @staticmethod
    def read(fields, _catalogue):
        return {"sample": ""} | _filled(fields, sample=as_number) | {"seed": fields.get("seed", "")}


FORMS = {
    "attr": AttrForm,
    "event": EventForm,
    "identifier": IdentifierForm,
    "consent": ConsentForm,
    "segment": SegmentForm,
    "sample": SampleForm,
}
ADDABLE = [(key, form.title) for key, form in FORMS.items()]


def kind_of(body: dict) -> str:
    """The key that names the kind of a node: "op" is a group, "prop" a test of a property."""
    return next((key for key in ("op", *FORMS, "prop") if key in body), "op")


def document_from(posted, catalogue: Catalogue) -> dict:
    """The document that a posted builder form states; it may lack what was not filled in."""
    fields: dict[str, dict] = {}
    for name in posted:
        path, colon, key = name.rpartition(":")
        if colon:
            fields.setdefault(path, {})[key] = posted[name]
    return {"v": 1, "zone": posted.get("zone") or settings.TIME_ZONE, "rule": _group(fields, "", catalogue)}


def _group(fields: dict, path: str, catalogue) -> dict:
    inner = [_node(fields, child, catalogue) for child in _children(fields, path)]
    return {"op": fields.get(path, {}).get("op", "all"), "of": inner}


def _node(fields, path, catalogue) -> dict:
    kind = fields[path].get("kind", "op")
    if kind not in FORMS:
        return _group(fields, path, catalogue)
    body = FORMS[kind].read(fields[path], catalogue)
    if kind == "event":
        tests = [PropertyForm.read(fields[test], catalogue) for test in _children(fields, path, mark="w")]
        return body | ({"where": tests} if tests else {})
    return body


def _children(fields, path, *, mark="") -> list[str]:
    """Paths right below `path`, in order."""
    start = f"{path}.{mark}" if path else mark
    below = [other for other in fields if other != path and other.startswith(start)]
    places = {other: place for other in below if (place := whole(other[len(start) :])) is not None}
    return sorted(places, key=places.get)


def _filled(fields: dict, **readers) -> dict:
    return {name: read(fields[name].strip()) for name, read in readers.items() if fields.get(name, "").strip()}


def _type_of(code: str, catalogue) -> str:
    return catalogue.attributes[code].type if code in catalogue.attributes else "text"
