"""Keys with which services use the management API."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cdp.base import api_keys
from cdp.base.api.scopes import SCOPES, not_held
from cdp.base.errors import Refused
from cdp.models import ServiceKey

PREFIX = "cdpk_"
LETTERS = 40


class UnknownScope(Refused):
    """A scope that the API does not have."""

    code = "unknown_scope"
    status = 400
    sentence = _("No such scope: %(unknown)s. Known: %(known)s.")


class ScopeNotHeld(Refused):
    """Somebody would give a key more than they may do themselves."""

    code = "scope_not_held"
    status = 403
    sentence = _("You may not do this yourself, so you cannot give it: %(scopes)s.")


def issue(
    *,
    name: str,
    scopes: Iterable[str],
    networks: Iterable[str] = (),
    expires_at: datetime | None = None,
    is_test: bool = False,
    by=None,
) -> tuple[ServiceKey, str]:
    """A new key: its row, and the key itself, which is nowhere else.

    by: who makes it, None on the command line. Raises UnknownScope, and ScopeNotHeld where `by` may not do it.
    """
    scopes = sorted(set(scopes))
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise UnknownScope(unknown=", ".join(unknown), known=", ".join(SCOPES))
    if withheld := not_held(by, scopes) if by else []:
        raise ScopeNotHeld(scopes=", ".join(withheld))
    made = api_keys.make(PREFIX, letters=LETTERS)
    row = ServiceKey.objects.create(
        name=name,
        start=made.start,
        digest=made.digest,
        scopes=scopes,
        networks=list(networks),
        expires_at=expires_at,
        is_test=is_test,
        made_by=by,
    )
    return row, made.text


def find(text: str) -> ServiceKey | None:
    """The key in force that `text` is; None for an unknown, revoked or expired one."""
    in_time = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    keys = ServiceKey.objects.select_related("made_by")
    return keys.filter(in_time, digest=api_keys.digest(text), revoked_at=None).first()


def names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of those of `ids` that are keys, in force or not."""
    return dict(ServiceKey.objects.filter(pk__in=ids).values_list("pk", "name"))


def revoke(key: ServiceKey) -> None:
    """End a key at once."""
    key.revoked_at = key.revoked_at or timezone.now()
    key.save()
