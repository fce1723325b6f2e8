"""Under which agreement? The first step of what goes out and of what comes in."""

from cdp.base.admin.pages import named
from partners.agreements.status import Status, statuses
from partners.agreements.terms import serves
from partners.models import Agreement, AgreementState


def agreement(key: str) -> Agreement | None:
    """The agreement that an address names, or None."""
    return named(Agreement.objects.select_related("partner"), pk=key)


def open_agreements(direction: str) -> list[tuple[Agreement, Status]]:
    """All that let something through in this direction now, by partner."""
    active = Agreement.objects.filter(state=AgreementState.ACTIVE).select_related("partner")
    agreements = [one for one in active.order_by("partner__public_name", "number") if serves(one.direction, direction)]
    found = statuses(agreements)
    return [(one, found[one.pk]) for one in agreements if found[one.pk].allows]
