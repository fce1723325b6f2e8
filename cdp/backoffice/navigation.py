"""The way through the admin, by task. Every entry names a model or a page; only what its user may see is shown."""

from contextlib import suppress

from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

#: (title of the group, [(title, icon, "app.model" or the name of an admin page, permission that shows it)])
TASKS = [
    (
        "",
        [
            (_("Home"), "home", "index", ""),
            (_("Search"), "search", "search", "profiles.view_profile"),
        ],
    ),
    (
        _("Stewardship"),
        [
            (_("Profiles"), "person", "profiles.profile", ""),
            (_("Imports"), "upload_file", "profiles.fileimport", ""),
            (_("Waiting for me"), "task_alt", "profiles.workitem", ""),
            (_("Quarantine"), "report", "profiles.quarantineitem", ""),
            (_("Shared identifiers"), "group", "profiles.sharedidentifier", ""),
            (_("Refused links"), "link_off", "profiles.refusedlink", ""),
            (_("Events"), "timeline", "profiles.event", ""),
            (_("Attributes"), "list_alt", "profiles.attribute", ""),
            (_("Identifiers, kinds"), "badge", "profiles.namespace", ""),
        ],
    ),
    (
        _("Consent"),
        [
            (_("Consents"), "verified_user", "consents.consentrecord", ""),
            (_("Consent ledger"), "menu_book", "consents.historicalconsentrecord", ""),
            (_("Corrections"), "rule", "consents.correctionrequest", ""),
            (_("Purposes"), "flag", "consents.purpose", ""),
            (_("Notices"), "article", "consents.noticeversion", ""),
            (_("Collection points"), "where_to_vote", "consents.collectionpoint", ""),
            (_("Objections"), "front_hand", "consents.objection", ""),
            (_("Restrictions"), "lock_person", "consents.restriction", ""),
            (_("Suppressions"), "unsubscribe", "consents.suppression", ""),
            (_("Controllers"), "apartment", "consents.controller", ""),
            (_("Age limits"), "child_care", "consents.agelimit", ""),
        ],
    ),
    (
        _("Partners"),
        [
            (_("Partners"), "handshake", "partners.partner", ""),
            (_("Agreements"), "contract", "partners.agreement", ""),
            (_("Deliveries"), "outbox", "partners.delivery", ""),
            (_("Files received"), "move_to_inbox", "partners.inboundfile", ""),
            (_("Disclosures"), "receipt_long", "partners.disclosureentry", ""),
        ],
    ),
    (
        _("Segments"),
        [
            (_("Segments"), "groups", "segments.segment", ""),
            (_("Runs"), "autorenew", "segments.run", ""),
            (_("Activations"), "send", "segments.activation", ""),
            (_("Destinations"), "place_item", "segments.destination", ""),
        ],
    ),
    (
        _("Integrations"),
        [
            (_("Sources"), "input", "profiles.source", ""),
            (_("Write keys"), "key", "profiles.sourcekey", ""),
            (_("Received calls"), "inbox", "profiles.ingestrequest", ""),
            (_("Mappings"), "schema", "profiles.mapping", ""),
            (_("Service keys"), "vpn_key", "cdp.servicekey", ""),
            (_("API"), "api", "api-docs", "cdp.view_servicekey"),
        ],
    ),
    (
        _("System"),
        [
            (_("Access log"), "visibility", "profiles.accessentry", ""),
            (_("Changes"), "sync_alt", "profiles.change", ""),
            (_("Activity log"), "history", "admin.logentry", ""),
            (_("Users"), "manage_accounts", "cdp.user", ""),
            (_("Roles"), "shield_person", "auth.group", "cdp.view_user"),
            (_("Sign-ins"), "login", "axes.accesslog", ""),
            (_("Failed sign-ins"), "no_accounts", "axes.accessfailurelog", ""),
            (_("Locked sign-ins"), "lock_clock", "axes.accessattempt", ""),
            (_("Jobs"), "work_history", "procrastinate.procrastinatejob", ""),
        ],
    ),
]


def groups(request) -> list[dict]:
    """The navigation for the theme: groups with at least one entry that this user may open."""
    shown = [
        {"title": title, "items": [item for entry in entries if (item := _item(request, *entry))]}
        for title, entries in TASKS
    ]
    return [group for group in shown if group["items"]]


def account(_request) -> list[dict]:
    """The menu under one's own name."""
    return [
        {"title": _("Where I am signed in"), "link": reverse("admin:sessions")},
        {"title": _("Second factor"), "link": reverse("admin:second_factor")},
        {"title": _("Change password"), "link": reverse("admin:password_change")},
    ]


def _item(request, title, icon: str, target: str, permission: str) -> dict | None:
    link = _link(target)
    if link is None or not _may_open(request, target, permission):
        return None
    return {"title": title, "icon": icon, "link": link}


def _may_open(request, target: str, permission: str) -> bool:
    if permission:
        return request.user.has_perm(permission)
    found = _admin_of(target)
    return found is None or found.has_view_or_change_permission(request)


def _link(target: str) -> str | None:
    """The address, or None where the page is not part of this installation."""
    name = f"{target.replace('.', '_')}_changelist" if "." in target else target
    for known_as in (f"admin:{name}", name):
        with suppress(NoReverseMatch):
            return reverse(known_as)
    return None


def _admin_of(target: str):
    label = target.lower()
    return next((found for model, found in admin.site._registry.items() if model._meta.label_lower == label), None)
