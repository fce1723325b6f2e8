"""Find people: by an identifier, by whatever a steward types, by any profile id that was ever given."""

from functools import reduce
from operator import or_
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery
from django.utils.translation import gettext_noop as _

from cdp.base.database.sql import rows
from profiles.models import Identifier, Namespace, Profile, SourceIdentity
from profiles.models.reference import Normaliser
from profiles.values.normal_form import normal
from profiles.values.standing_facts import STANDING_IDENTIFIERS
from profiles.vault import blind, mask

PREFIX = "prf_"
#: What each normal form is called when it was searched for.
KINDS = {
    Normaliser.EMAIL: _("e-mail"),
    Normaliser.PHONE: _("phone"),
    Normaliser.NUMBER: _("number"),
    Normaliser.LOGIN: _("login or device"),
    Normaliser.NATIONAL_ID: _("national id"),
}
PROFILE_ID = _("profile id")


class Found(NamedTuple):
    """searched: what the text was taken for (translate to show). form: what was looked up, masked. profiles: whom."""

    searched: str
    form: str
    profiles: QuerySet[Profile]


def blind_raw(namespace: Namespace, raw: str, *, country: str | None = None) -> UUID | None:
    """Blind index of a raw value in the namespace's normal form, or None where it is no identifier."""
    form = normal(namespace.normaliser, raw, country=country)
    return blind(namespace.code, form) if form else None


def by_identifier(namespace_code: str, raw: str, *, country: str | None = None) -> QuerySet[Profile]:
    """Living profiles that now have this identifier; none for an unknown namespace or what is no identifier.

    country: reads a phone number without a country code.
    """
    namespace = Namespace.objects.filter(code=namespace_code).first()
    key = namespace and blind_raw(namespace, raw, country=country)
    if not key:
        return Profile.objects.none()
    having = rows(
        "SELECT identity_id FROM ("
        + STANDING_IDENTIFIERS.format(
            only="i.namespace_id = %(namespace)s AND i.identity_id IN (SELECT had.identity_id FROM profiles_identifier"
            " had WHERE had.namespace_id = %(namespace)s AND had.blind = %(key)s)"
        )
        + ") i WHERE blind = %(key)s",
        {"namespace": namespace.pk, "key": key},
    )
    return Profile.objects.living().filter(identities__in=[identity for (identity,) in having]).distinct()


def find(text: str, *, country: str = "DK") -> list[Found]:
    """Every reading of `text` that finds somebody, now or in the past: a profile id, e-mail, phone, number, login.

    Where no reading finds anybody, those that were tried come back, without people. country: of phone numbers.
    """
    asked = profile_id(text)
    if asked:
        return [Found(PROFILE_ID, str(asked), Profile.objects.filter(identities=asked))]
    tried = [_found(form, namespaces) for form, namespaces in _readings(text, country).items()]
    return [found for found in tried if found.profiles.exists()] or tried


def living(asked: UUID | str) -> Profile | None:
    """The profile that an id means now, whatever it meant when it was given; None when unknown or erased."""
    asked = asked if isinstance(asked, UUID) else profile_id(asked)
    identity = SourceIdentity.objects.select_related("profile").filter(pk=asked).first() if asked else None
    return identity.profile if identity and not identity.profile.erased_at else None


#: `ids_of` in SQL, for `.format(asked="%s")` or the name of a column.
IDS_OF = """SELECT ever.id FROM profiles_sourceidentity ever WHERE ever.profile_id = (
    SELECT meant.profile_id FROM profiles_sourceidentity meant WHERE meant.id = {asked})"""


def ids_of(asked: UUID | Profile) -> QuerySet:
    """Every id that the person ever had whom `asked`, a profile or any of these ids, means now. Empty when unknown."""
    meant = SourceIdentity.objects.filter(pk=getattr(asked, "pk", asked)).values("profile")
    return SourceIdentity.objects.filter(profile=Subquery(meant)).values("pk")


def of_person(asked: UUID | Profile, *fields: str) -> Q:
    """The condition that a row is of this person, whatever id it was written under.

    Evidence keeps the id of its time, which a merge does not touch, so a history is never asked by the present id.
    fields: those that name a person in the row, any of which may name this one.
    """
    return reduce(or_, (Q(**{f"{field}__in": ids_of(asked)}) for field in fields))


def profile_id(text: str) -> UUID | None:
    """The UUID in `prf_<uuid>` or `<uuid>`; None for anything else."""
    try:
        return UUID(text.strip().removeprefix(PREFIX))
    except ValueError:
        return None


def _readings(text: str, country: str) -> dict[tuple[str, str], list[Namespace]]:
    """{(kind, normal form): namespaces that write it so}."""
    readings: dict[tuple[str, str], list[Namespace]] = {}
    for namespace in Namespace.objects.all():
        form = normal(namespace.normaliser, text, country=country)
        if form:
            readings.setdefault((namespace.normaliser, form), []).append(namespace)
    return readings


def _found(reading: tuple[str, str], namespaces: list[Namespace]) -> Found:
    kind, form = reading
    keys = [blind(namespace.code, form) for namespace in namespaces]
    named = Identifier.objects.filter(namespace__in=namespaces, blind__in=keys).values("identity__profile")
    return Found(KINDS[kind], mask(form), Profile.objects.living().filter(pk__in=named))
