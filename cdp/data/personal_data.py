"""What the whole product holds of people: the declarations of every app, assembled, and what is wrong with them."""

from collections.abc import Iterable

from django.apps import apps
from django.db.models import Model

import consents.privacy
import partners.privacy
import profiles.privacy
import segments.privacy
from cdp.base.personal_data import Holding

APPS = ("cdp", "profiles", "consents", "partners", "segments")

OWN = [
    Holding(
        "cdp.User",
        open="id password last_login is_superuser is_active is_staff date_joined language is_demo access_until "
        "must_choose_password "
        "groups user_permissions",
        staff="username first_name last_name email",
    ),
    Holding(
        "cdp.StaffSession",
        keyed="session_key session_data",
        open="expire_date began_at last_seen_at",
        staff="user address agent",
    ),
    Holding(
        "cdp.ServiceKey",
        keyed="digest",
        open="id name start scopes networks is_test created_at expires_at revoked_at last_used_at",
        staff="made_by",
    ),
]

HOLDINGS: list[Holding] = [
    *OWN,
    *profiles.privacy.HOLDINGS,
    *consents.privacy.HOLDINGS,
    *partners.privacy.HOLDINGS,
    *segments.privacy.HOLDINGS,
]

#: Reaching one of these, a row is tied to a person.
PEOPLE = {"profiles.SourceIdentity", "profiles.Profile", "profiles.Record"}


def our_models() -> list[type[Model]]:
    """Every model of the product but the historical ones whose fields are those of the model they track."""
    models = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    return [model for model in models if not hasattr(model, "instance_type") or _declares_more(model)]


def _declares_more(history: type[Model]) -> bool:
    """Whether a historical model has fields that the one it tracks lacks, as the ledger of consents has."""
    parts = [part._meta for part in history.__mro__[1:] if hasattr(part, "_meta")]
    return any(part.abstract and part.local_fields for part in parts)


def undeclared(models: Iterable[type[Model]], holdings: Iterable[Holding]) -> list[str]:
    """In words, everything that is not declared: models, fields, fields that are gone, people without a rule."""
    declared = {holding.model: holding for holding in holdings}
    return [fault for model in models for fault in _faults(model, declared.get(model._meta.label))]


def _faults(model: type[Model], holding: Holding | None) -> Iterable[str]:
    label = model._meta.label
    if holding is None:
        yield f"{label}: declare it in privacy.py"
        return
    fields = {field.name: field for field in model._meta.get_fields() if field.concrete and not field.auto_created}
    said = holding.classified
    tied = [name for name, field in fields.items() if _leads_to_a_person(field)]
    yield from (f"{label}.{name}: classify it in privacy.py" for name in sorted(fields.keys() - said.keys()))
    yield from (f"{label}.{name}: is declared and does not exist" for name in sorted(said.keys() - fields.keys()))
    yield from (f"{label}.{name}: leads to a person, classify it so" for name in tied if said.get(name) != "person")
    if (tied or holding.sealed or holding.person) and not (holding.exported and holding.erased):
        yield f"{label}: say whether it is exported and erased, or why not"


def _leads_to_a_person(field) -> bool:
    related = getattr(field, "related_model", None)
    return bool(related and not isinstance(related, str) and related._meta.label in PEOPLE)
