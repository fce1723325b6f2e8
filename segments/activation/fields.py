"""Which fields may leave to a destination, and their values."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from cdp.base.errors import Refused
from consents.permission.decision import Answer
from consents.state.contact_points import ADDRESSED_BY
from profiles.models import Attribute, Namespace
from profiles.models.reference import Classification
from profiles.values import reading

REFERENCE = "profile"


class FieldNotAllowed(Refused):
    """A field that no destination gets."""

    code = "field_not_allowed"
    status = 422
    sentence = _("“%(field)s” cannot be sent: it is unknown, or a special category of personal data.")


def refuse_forbidden(fields: list[str]) -> None:
    """Raise FieldNotAllowed for a code that is neither an identifier nor an attribute that may leave."""
    attributes = Attribute.objects.filter(active=True).exclude(classification=Classification.SPECIAL)
    known = set(attributes.values_list("code", flat=True)) | set(Namespace.objects.values_list("code", flat=True))
    for field in fields:
        if field not in known:
            raise FieldNotAllowed(field=field)


def addresses(fields: list[str], channel: str) -> list[str]:
    """Those of `fields` that hold the address which the channel writes to."""
    kind = ADDRESSED_BY.get(channel)
    found = Namespace.objects.filter(code__in=fields, contact_channel=kind) if kind else Namespace.objects.none()
    return [namespace.code for namespace in found]


def values(answers: list[Answer], *, fields: list[str], channel: str, by, purpose: str) -> dict[UUID, dict]:
    """{profile: {field: value}} of people who may be reached; an address is the one that the decision names."""
    addressed = addresses(fields, channel)
    chosen = {answer.profile: answer.identifier for answer in answers if answer.identifier}
    return reading.opened(
        [answer.profile for answer in answers],
        [field for field in fields if field not in addressed],
        by=by,
        action="activation",
        purpose=purpose,
        addresses=dict.fromkeys(addressed, chosen),
    )


def identifying(fields: list[str]) -> list[str]:
    """Those of `fields` by which a destination finds somebody again, to take them back."""
    codes = set(Namespace.objects.values_list("code", flat=True))
    return [field for field in fields if field in codes]
