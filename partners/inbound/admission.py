"""The gate before second-party values: asked by the one writer of facts, in its transaction, at whatever door.

Only what the agreement in force lets in is stored. A row whose keys point at two people is held: a partner's data never
merges people. A person who was erased stays unknown, and the partner is not told why.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.database import sql
from cdp.base.errors import Refused, Violation
from partners.agreements.status import status
from partners.agreements.terms import Terms, serves
from partners.models import Agreement, Direction, Form
from profiles.models.sources import Party
from profiles.values.standing_facts import UNUSABLE

KEYS = """
    SELECT w.place FROM unnest(%(places)s::int[], %(namespaces)s::smallint[], %(blinds)s::uuid[])
        AS w (place, namespace, blind)
"""
ERASED = f"""
    {KEYS} JOIN consents_suppression x ON x.namespace_id = w.namespace AND x.blind = w.blind
    WHERE x.reason = 'erasure' AND x.lifted_at IS NULL GROUP BY w.place
"""
#: A row means everybody who holds one of its keys, and whom its source already knows by its external id.
TORN = f"""
    SELECT meant.place FROM (
        {KEYS.replace("w.place FROM", "w.place, s.profile_id AS profile FROM")}
        JOIN profiles_identifier i ON i.namespace_id = w.namespace AND i.blind = w.blind
        JOIN profiles_sourceidentity s ON s.id = i.identity_id AND s.is_test = %(is_test)s
        WHERE NOT {UNUSABLE}
        UNION
        SELECT own.place - 1, s.profile_id
        FROM unnest(%(external)s::uuid[]) WITH ORDINALITY AS own (key, place)
        JOIN profiles_sourceidentity s ON s.source_id = %(source)s AND s.external_key = own.key
            AND s.is_test = %(is_test)s
    ) meant GROUP BY meant.place HAVING count(DISTINCT meant.profile) > 1
"""


class NotUnderAgreement(Refused):
    """Second-party values without a version in force that lets them in."""

    code = "not_under_agreement"
    sentence = gettext_lazy("The agreement does not let this in: %(reason)s")


def gate(common, readings: Sequence) -> dict[int, Violation]:
    """Keep out of a block of second-party people those who are erased or held; refuse it all out of its terms."""
    if common.party != Party.SECOND:
        return {}
    _refuse_beyond(standing_terms(common.agreement), common.source, readings)
    wanted = _keys(common, readings)
    held = _("The keys of this row belong to different people. A steward decides; nothing was merged.")
    problems = {place: Violation("", "keys_disagree", held) for (place,) in sql.rows(TORN, wanted)}
    unknown = Violation("", "not_accepted", _("This row was not accepted."))
    return problems | {place: unknown for (place,) in sql.rows(ERASED, wanted)}


def standing_terms(version_id) -> Terms:
    """The terms under which values may come in now. They are those of this version; a newer one has an id of its own.

    Raises NotUnderAgreement.
    """
    agreement = Agreement.objects.filter(versions=version_id).first()
    if agreement is None:
        raise NotUnderAgreement(reason=_("there is no such agreement."))
    found = status(agreement)
    if not found.allows:
        raise NotUnderAgreement(reason=found.sentence)
    if found.version.pk != version_id:
        raise NotUnderAgreement(reason=_("a newer version is in force."))
    if not serves(agreement.direction, Direction.IN):
        raise NotUnderAgreement(reason=_("it covers only what goes out."))
    return Terms(found.version)


def fields_in(terms: Terms, purpose=None) -> set[str]:
    """Codes of the attributes and identifiers that may come in, for one purpose or any."""
    return {
        line.field
        for line in terms.lines
        if serves(line.direction, Direction.IN)
        and line.form == Form.CLEAR
        and (purpose is None or line.purpose_id == purpose.pk)
    }


def plain(code: str) -> str:
    """A verified identifier is the same field as the plain one."""
    return code.removesuffix("_verified")


def _refuse_beyond(terms: Terms, source, readings) -> None:
    brought = {value.attribute.code for reading in readings for value in reading.values}
    claimed = {claim.namespace for reading in readings for claim in reading.claims}
    brought |= {plain(namespace.code) for namespace in claimed if namespace.pk != source.namespace_id}
    if beyond := sorted(brought - {plain(code) for code in fields_in(terms)}):
        raise NotUnderAgreement(reason=_("it does not cover %(fields)s.") % {"fields": ", ".join(beyond)})


def _keys(common, readings) -> dict:
    keys = [(place, claim) for place, reading in enumerate(readings) for claim in reading.claims]
    return {
        "places": [place for place, _claim in keys],
        "namespaces": [claim.namespace.pk for _place, claim in keys],
        "blinds": [claim.blind for _place, claim in keys],
        "external": [reading.key for reading in readings],
        "source": common.source.pk,
        "is_test": common.is_test,
    }
