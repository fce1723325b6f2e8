"""Who may do what. Each role is a row of a table; `manage.py roles` and every migration make the database equal to it.

A grant names a model ("profiles.fileimport") or all models of an app ("consents.*") and the acts: view, add, change,
delete. `may` holds the permissions that are more than an act on a row.
"""

from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_lazy as _

VIEW = "view"
EDIT = "view add change"

#: Permissions that lead to personal values in clear. Who holds one signs in with a second factor.
OPENS_PERSONAL_VALUES = frozenset(
    {
        "profiles.reveal_profile",
        "consents.prove_consent",
        "partners.approve_delivery",
        "segments.approve_activation",
    }
)
#: Whoever gives rights could give themselves any of the above.
GIVES_RIGHTS = frozenset({"cdp.add_user", "cdp.change_user"})


@dataclass(frozen=True)
class Role:
    """One role: its name as shown, its task in a sentence, what it may do, and which home page it opens."""

    title: str
    task: str
    grants: dict[str, str]
    may: tuple[str, ...] = ()
    home: str = "steward"

    def permissions(self) -> set[str]:
        """All permissions, as "app.codename"."""
        granted = {
            f"{app}.{act}_{model}"
            for target, acts in self.grants.items()
            for app, model in _models(target)
            for act in acts.split()
        }
        return granted | set(self.may)


#: What a steward sees of people: everything but the log of who opened what, and the keys.
PEOPLE = dict.fromkeys(
    [
        "profiles.alias",
        "profiles.attribute",
        "profiles.event",
        "profiles.goldenvalue",
        "profiles.identifier",
        "profiles.ingestrequest",
        "profiles.namespace",
        "profiles.profile",
        "profiles.record",
        "profiles.refusedlink",
        "profiles.rejection",
        "profiles.source",
        "profiles.stewarddecision",
        "profiles.sourceidentity",
    ],
    VIEW,
)
STEWARDSHIP = PEOPLE | {
    "profiles.fileimport": EDIT,
    "profiles.mapping": EDIT,
    "profiles.quarantineitem": "view change",
    "profiles.sharedidentifier": EDIT,
    "profiles.workitem": "view change",
    "consents.*": VIEW,
    "partners.partner": VIEW,
    "partners.agreement": VIEW,
    "partners.agreementversion": VIEW,
    "partners.inboundfile": VIEW,
    "segments.*": VIEW,
}
STEWARDSHIP_MAY = (
    "profiles.reveal_profile",
    "profiles.run_fileimport",
    "profiles.decide_identity",
    "consents.record_consent",
)

ROLES = {
    "Steward": Role(
        title=_("Steward"),
        task=_("Keeps people's data whole: imports, duplicates, values that stand, quality."),
        grants=STEWARDSHIP,
        may=STEWARDSHIP_MAY,
    ),
    "Lead steward": Role(
        title=_("Lead steward"),
        task=_("A steward who also sets the vocabulary and approves what others ask for."),
        grants=STEWARDSHIP
        | {
            "profiles.attribute": EDIT,
            "profiles.namespace": EDIT,
            "profiles.source": EDIT,
            "segments.segment": EDIT,
            "cdp.servicekey": EDIT,
        },
        may=(*STEWARDSHIP_MAY, "segments.refresh_segment", "segments.approve_activation"),
    ),
    "Compliance officer": Role(
        title=_("Compliance officer"),
        task=_("Answers for what people allowed: purposes, notices, consent history, approvals, proof."),
        grants=PEOPLE
        | {
            "profiles.accessentry": VIEW,
            "profiles.fileimport": VIEW,
            "profiles.mapping": VIEW,
            "profiles.workitem": "view change",
            "consents.*": VIEW,
            "consents.agelimit": EDIT,
            "consents.collectionpoint": EDIT,
            "consents.controller": EDIT,
            "consents.noticeversion": EDIT,
            "consents.objection": "view add",
            "consents.purpose": EDIT,
            "consents.purposeversion": EDIT,
            "consents.restriction": "view add",
            "consents.suppression": EDIT,
            "partners.*": VIEW,
            "segments.*": VIEW,
            "cdp.servicekey": EDIT,
            "admin.logentry": VIEW,
        },
        may=(
            "profiles.reveal_profile",
            "consents.record_consent",
            "consents.prove_consent",
            "partners.sign_compliance",
            "partners.approve_delivery",
            "segments.approve_activation",
        ),
        home="compliance",
    ),
    "Marketer": Role(
        title=_("Marketer"),
        task=_("Builds segments and asks to send them out; sees no personal values."),
        grants={
            "profiles.attribute": VIEW,
            "profiles.profile": VIEW,
            "profiles.source": VIEW,
            "consents.purpose": VIEW,
            "consents.purposeversion": VIEW,
            "segments.*": VIEW,
            "segments.segment": EDIT,
            "segments.segmentversion": EDIT,
        },
        may=("segments.refresh_segment", "segments.request_activation"),
    ),
    "Partner manager": Role(
        title=_("Partner manager"),
        task=_("Looks after partners and agreements, and approves them for the business."),
        grants={
            "profiles.attribute": VIEW,
            "profiles.namespace": VIEW,
            "consents.purpose": VIEW,
            "consents.purposeversion": VIEW,
            "partners.*": VIEW,
            "partners.partner": EDIT,
            "partners.agreement": EDIT,
            "partners.agreementversion": EDIT,
            "partners.termline": "view add change delete",
            "partners.inboundfile": "view add",
            "profiles.fileimport": VIEW,
            "segments.segment": VIEW,
        },
        may=("partners.sign_business", "partners.request_delivery"),
    ),
    "Integration admin": Role(
        title=_("Integration admin"),
        task=_("Connects systems: sources, keys, mappings, destinations; sees no personal values."),
        grants={
            "profiles.attribute": VIEW,
            "profiles.fileimport": EDIT,
            "profiles.event": VIEW,
            "profiles.ingestrequest": VIEW,
            "profiles.mapping": EDIT,
            "profiles.namespace": VIEW,
            "profiles.quarantineitem": "view change",
            "profiles.rejection": VIEW,
            "profiles.source": EDIT,
            "profiles.sourcekey": EDIT,
            "consents.collectionpoint": VIEW,
            "consents.purpose": VIEW,
            "segments.activation": VIEW,
            "segments.destination": EDIT,
            "segments.segment": VIEW,
            "cdp.servicekey": EDIT,
            "procrastinate.procrastinatejob": VIEW,
        },
        may=("profiles.run_fileimport",),
    ),
    "Auditor": Role(
        title=_("Auditor"),
        task=_("Looks at everything, for a limited time, and changes nothing."),
        grants={
            "profiles.*": VIEW,
            "consents.*": VIEW,
            "partners.*": VIEW,
            "segments.*": VIEW,
            "cdp.*": VIEW,
            "admin.logentry": VIEW,
            "axes.accessfailurelog": VIEW,
            "axes.accesslog": VIEW,
            "procrastinate.procrastinatejob": VIEW,
        },
        home="compliance",
    ),
    "System admin": Role(
        title=_("System admin"),
        task=_("Runs the installation: users and their roles, keys, jobs; sees no personal values."),
        grants={
            "cdp.servicekey": "view change",
            "cdp.user": EDIT,
            "admin.logentry": VIEW,
            "axes.accessattempt": "view delete",
            "axes.accessfailurelog": VIEW,
            "axes.accesslog": VIEW,
            "procrastinate.procrastinatejob": VIEW,
            "profiles.fileimport": VIEW,
            "profiles.ingestrequest": VIEW,
            "profiles.source": VIEW,
        },
    ),
}


@transaction.atomic
def apply() -> dict[str, int]:
    """Make the groups equal to the table; gives the number of permissions of each role.

    LookupError when the table names a permission that no model has.
    """
    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0)
    known = {f"{row.content_type.app_label}.{row.codename}": row for row in _all_permissions()}
    return {name: _make(name, role, known) for name, role in ROLES.items()}


def opens_personal_values(user) -> bool:
    """True when `user` could read a personal value in clear, or could give themselves that right."""
    return not user.get_all_permissions().isdisjoint(OPENS_PERSONAL_VALUES | GIVES_RIGHTS)


def home_of(user) -> str:
    """Which home page a user opens: "steward" or "compliance"."""
    homes = {ROLES[name].home for name in user.groups.values_list("name", flat=True) if name in ROLES}
    return "compliance" if homes == {"compliance"} else "steward"


def _make(name: str, role: Role, known: dict[str, Permission]) -> int:
    wanted = role.permissions()
    if unknown := sorted(wanted - known.keys()):
        raise LookupError(f"The role {name} names permissions that do not exist: {', '.join(unknown)}")
    group, _made = Group.objects.get_or_create(name=name)
    group.permissions.set([known[permission] for permission in wanted])
    return len(wanted)


def _all_permissions():
    return Permission.objects.select_related("content_type")


def _models(target: str) -> list[tuple[str, str]]:
    app, _dot, model = target.partition(".")
    if model != "*":
        return [(app, model)]
    return [(app, found._meta.model_name) for found in apps.get_app_config(app).get_models()]
