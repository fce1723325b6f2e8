"""Data of others comes under an agreement; own data has none."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from cdp.base.errors import Refused
from profiles.models.sources import Party


class TermsMissing(Refused):
    """Data of others needs an agreement in force."""

    code = "terms_missing"
    status = 422
    sentence = _("Data from partners and suppliers needs an agreement in force; own data has none.")


def refuse_unlicensed(party: int, agreement_version: UUID | None) -> None:
    """Raise TermsMissing for second- and third-party data without an agreement version, or own data with one."""
    if (party in {Party.ZERO, Party.FIRST}) != (agreement_version is None):
        raise TermsMissing
