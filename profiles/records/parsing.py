"""From what a source says to normal forms and typed values, or to problems that tell what to do."""

import re
import unicodedata
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import orjson
from django.utils import timezone
from django.utils.translation import gettext as _

from cdp.base import numbers
from cdp.base.errors import Violation
from profiles.models import Attribute, Namespace, Source
from profiles.models.reference import NamespaceRole, ValueType
from profiles.records.statement import Person
from profiles.values.countries import country_code
from profiles.values.normal_form import normal
from profiles.values.pii_detection import contains_personal_data, number_contains_personal_data
from profiles.vault import BLIND, blind, digest

#: What happened before computers kept time was not recorded by one.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
#: How far a source's clock may be ahead before its time is refused, here and at every door.
AHEAD = timedelta(minutes=5)
LONGEST = 10_000
STEP = Decimal("0.000001")
VERIFIED = "_verified"
YES = {"true", "yes", "1", "ja", "j", "y"}
NO = {"false", "no", "0", "nej", "n"}
COUNTRY = "country"
KEY = 8  # bytes
BETWEEN_ITEMS = re.compile(r"[;|,]")


class IdentifierClaim(NamedTuple):
    """An identifier in normal form."""

    namespace: Namespace
    form: str
    blind: UUID
    verified: bool


class Value(NamedTuple):
    """A typed value; `key` is equal for equal values and, for a sealed attribute, a keyed digest of 64 bits in base64.

    Keys are compared within one person, or the few whom one value joins: by chance two of them are never equal.
    """

    attribute: Attribute
    content: object
    key: str


class ParsedPerson(NamedTuple):
    """A person as read: `key` finds the identity, `digest` tells whether the content is known already.

    own: the number, address or device that the source calls the person by; one of the claims.
    """

    key: UUID
    own: IdentifierClaim
    claims: list[IdentifierClaim]
    values: list[Value]
    digest: bytes
    notes: list[Violation]


class WrongType(Exception):
    """A value is not of its attribute's type. Arguments: code, what to do."""


class Unfit(WrongType):
    """A value that its attribute must not hold: it is left out with a note, and the rest of the person is kept."""


class PersonParser:
    """Reads people of one source with the vocabulary of the moment."""

    def __init__(self, source: Source):
        self.source = source
        self.namespaces = {one.code: one for one in Namespace.objects.all()}
        self.attributes = {one.code: one for one in Attribute.objects.filter(active=True)}
        self.own = next(code for code, one in self.namespaces.items() if one.pk == source.namespace_id)
        self.latest = timezone.now() + AHEAD

    def read(self, person: Person, *, stamp: str) -> ParsedPerson | list[Violation]:
        """The reading, or why the person is refused. stamp: what else makes a content new, such as the agreement."""
        country = self._country(person)
        own = self._own(person, country)
        problems = [own] if isinstance(own, Violation) else []
        claims, notes = self._claims(person, country)
        values, wrong, unfit = self._values(person)
        problems += wrong + self._untimely(person)
        if problems:
            return problems
        claims = _united([*self._twins(own), *claims])
        return ParsedPerson(
            key=external_key(own.namespace.code, own.form),
            own=own,
            claims=claims,
            values=values,
            digest=_digest(claims, values, stamp),
            notes=notes + unfit,
        )

    def _own(self, person: Person, country: str) -> IdentifierClaim | Violation:
        """The external id as an identifier: a source knows its own numbers, but not that an address is the person's."""
        claim = self._claim(person.namespace or self.own, person.external_id, self.source.values_verified, country)
        if isinstance(claim, Violation) or claim.namespace.role != NamespaceRole.ANCHOR:
            return claim
        return claim._replace(verified=True)

    def _country(self, person: Person) -> str:
        return country_code(str(person.traits.get(COUNTRY) or "")) or self.source.default_country

    def _claims(self, person: Person, country: str) -> tuple[list[IdentifierClaim], list[Violation]]:
        claims, notes = [], []
        for code, raw, verified in person.identifiers:
            if raw is None or not str(raw).strip():
                continue
            claim = self._claim(code, raw, verified or self.source.values_verified, country)
            (notes if isinstance(claim, Violation) else claims).append(claim)
        return [twin for claim in claims for twin in self._twins(claim)], notes

    def _claim(self, code: str, raw, verified: bool, country: str) -> IdentifierClaim | Violation:
        namespace = self.namespaces.get(code)
        if namespace is None:
            return Violation(
                f"/{code}", "unknown_namespace", _("This kind of identifier is not known. Add it, or map it.")
            )
        form = normal(namespace.normaliser, str(raw), country=country)
        if form is None:
            return Violation(f"/{code}", "no_identifier", _("This is empty, a placeholder or not valid. Correct it."))
        return IdentifierClaim(namespace, form, blind(code, form), verified)

    def _twins(self, claim: IdentifierClaim) -> list[IdentifierClaim]:
        """A verified value stands in the plain namespace and in its `_verified` one, so that both find each other."""
        plain = claim.namespace.code.removesuffix(VERIFIED)
        if not claim.verified and plain == claim.namespace.code:
            return [claim]
        claim = claim._replace(verified=True)
        codes = [code for code in (plain, plain + VERIFIED) if code in self.namespaces]
        return [claim if code == claim.namespace.code else self._moved(claim, code) for code in codes]

    def _moved(self, claim: IdentifierClaim, code: str) -> IdentifierClaim:
        return claim._replace(namespace=self.namespaces[code], blind=blind(code, claim.form))

    def _values(self, person: Person) -> tuple[list[Value], list[Violation], list[Violation]]:
        """(values, problems that refuse the person, notes on values that were left out)."""
        values, problems, notes = [], [], []
        for code, raw in person.traits.items():
            attribute = self.attributes.get(code)
            try:
                if attribute is None:
                    raise WrongType("unknown_attribute", _("This attribute is not known. Add it, or leave it out."))
                content = typed(attribute, raw)
            except WrongType as trouble:
                left_out = person.lenient or isinstance(trouble, Unfit)
                (notes if left_out else problems).append(Violation(f"/{code}", *trouble.args))
                continue
            if content is not None:
                values.append(Value(attribute, content, _key(attribute, content)))
        return values, problems, notes

    def _untimely(self, person: Person) -> list[Violation]:
        if person.observed_at is None or person.observed_at <= self.latest:
            return []
        return [
            Violation("/observed_at", "future_date", _("This time lies in the future. Correct the clock or the date."))
        ]


def external_key(namespace_code: str, form: str) -> UUID:
    """The blind index of a source's external id in normal form."""
    return blind(f"external:{namespace_code}", form)


def as_text(content) -> str:
    """The one way a typed value is written: what is sealed, compared and digested."""
    if isinstance(content, str):
        return content
    if isinstance(content, Decimal):
        return format(content.normalize(), "f")
    if isinstance(content, date):
        return content.isoformat()
    return orjson.dumps(content).decode()


def text(raw) -> str | None:
    if isinstance(raw, dict | list | tuple):
        raise WrongType("not_text", _("A single text is expected. Map the parts one by one."))
    found = " ".join(unicodedata.normalize("NFC", str("" if raw is None else raw)).split())
    if "\x00" in found:
        raise WrongType("nul_character", _("The text holds a NUL character. Remove it."))
    if len(found) > LONGEST:
        raise WrongType("too_long", _("The text is too long. Shorten it."))
    return found or None


def number(raw) -> Decimal | None:
    if text(raw) is None:
        return None
    try:
        return numbers.canonical(raw).quantize(STEP)
    except ValueError:
        raise WrongType("not_a_number", _("A number is expected, such as 12.5.")) from None


def day(raw) -> date | None:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    written = text(raw)
    if written is None:
        return None
    try:
        return datetime.fromisoformat(written).date() if "T" in written else date.fromisoformat(written)
    except ValueError:
        raise WrongType("not_a_date", _("A date is expected, such as 1980-05-31.")) from None


def yes_or_no(raw) -> bool | None:
    if isinstance(raw, bool):
        return raw
    written = (text(raw) or "").casefold()
    if written and written not in YES | NO:
        raise WrongType("not_yes_or_no", _("Yes or no is expected."))
    return written in YES if written else None


def items(raw) -> list[str] | None:
    parts = raw if isinstance(raw, list | tuple | set) else BETWEEN_ITEMS.split(text(raw) or "")
    return sorted({found for part in parts if (found := text(part))}) or None


TYPES = {
    ValueType.TEXT: text,
    ValueType.NUMBER: number,
    ValueType.DATE: day,
    ValueType.BOOLEAN: yes_or_no,
    ValueType.LIST: items,
}


def typed(attribute: Attribute, raw):
    """The value as the attribute holds it, None for an empty one. Raises WrongType, and Unfit where it must not.

    Nothing that tells by its form who somebody is may stand in an attribute that is not sealed.
    """
    content = TYPES[attribute.type](raw)
    if content is None or attribute.sealed:
        return content
    if _tells(content):
        raise Unfit("personal_value", _("This tells who somebody is, and the attribute is kept in clear. Map it anew."))
    return _country(content) if attribute.code == COUNTRY else content


def _tells(content) -> bool:
    if isinstance(content, Decimal):
        return number_contains_personal_data(content)
    texts = content if isinstance(content, list) else [content]
    return any(isinstance(one, str) and contains_personal_data(one) for one in texts)


def _country(content) -> str:
    code = country_code(as_text(content))
    if code is None:
        raise Unfit("not_a_country", _("A country is expected: its code of two letters, such as DK, or its name."))
    return code


def _key(attribute: Attribute, content) -> str:
    if not attribute.sealed:
        return as_text(content)
    return b64encode(digest(f"attribute:{attribute.code}", as_text(content).encode())[:KEY]).decode()


def _united(claims: list[IdentifierClaim]) -> list[IdentifierClaim]:
    """Each value once; verified where any of its sayings is."""
    found: dict[tuple[int, UUID], IdentifierClaim] = {}
    for claim in claims:
        place = (claim.namespace.id, claim.blind)
        if place not in found or claim.verified:
            found[place] = claim
    return list(found.values())


def _digest(claims: list[IdentifierClaim], values: list[Value], stamp: str) -> bytes:
    said = sorted(f"{one.namespace.code}\x1f{one.form}\x1f{one.verified}" for one in claims)
    said += sorted(f"{one.attribute.code}\x1f{as_text(one.content)}" for one in values)
    return digest("record", "\x1e".join([stamp, *said]).encode())[:BLIND]
