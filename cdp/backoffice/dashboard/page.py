"""The home page of the admin, in two views; which one opens first is said by the role."""

from django.contrib.admin.models import LogEntry
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cdp.access import roles
from cdp.backoffice.dashboard import cards, charts, trends
from cdp.backoffice.dashboard.numbers import count
from cdp.base.database.sql import value

RECENT = 6
VIEWS = {
    "steward": (_("Stewardship"), _("What needs me today?")),
    "compliance": (_("Compliance"), _("Are we in order?")),
}
LEDGER_GUARDS = """
    SELECT count(*) FROM pg_trigger WHERE tgrelid = 'consents_historicalconsentrecord'::regclass
    AND tgname LIKE 'append_only_%%' AND tgenabled = 'O'
"""


def home(request, context: dict) -> dict:
    """The context of `admin/index.html`: cards that call for action first, then the rest, then trends."""
    view = _chosen(request)
    numbers = cards.COMPLIANCE if view == "compliance" else cards.STEWARD
    counted = count(numbers, request.user)
    return {
        **context,
        "title": _("Today"),
        "question": VIEWS[view][1],
        "view": view,
        "views": [(key, title) for key, (title, _question) in VIEWS.items()] if _may_switch(request.user) else [],
        "calling": [card for card in counted if card.calls],
        "figures": [card for card in counted if not card.number.level],
        "quiet": [card for card in counted if card.number.level and not card.calls],
        "as_of": timezone.now(),
        "recent": LogEntry.objects.filter(user=request.user).select_related("content_type")[:RECENT],
        **(_compliance(request.user) if view == "compliance" else _steward(request.user)),
    }


def _steward(user) -> dict:
    if not user.has_perm("profiles.view_event"):
        return {}
    return {
        "trends": [
            (
                _("Events by month"),
                charts.columns(trends.events_by_month(), title=_("Events by month"), ident="by-month"),
                _("estimated from statistics"),
            ),
            (
                _("Still in quarantine, by day of arrival"),
                charts.columns(
                    trends.quarantined_by_day(), title=_("Still in quarantine, by day of arrival"), ident="by-day"
                ),
                "",
            ),
        ]
    }


def _compliance(user) -> dict:
    if not user.has_perm("consents.view_consentrecord"):
        return {}
    states, exact = trends.consent_states()
    return {
        "guarded": value(LEDGER_GUARDS) == 3,
        "states": states,
        "states_total": sum(point.value for point in states) or 1,
        "states_exact": exact,
        "trends": [
            (
                _("Withdrawals, 14 days"),
                charts.columns(trends.withdrawals_by_day(), title=_("Withdrawals, 14 days"), ident="withdrawals"),
                "",
            )
        ],
    }


def _chosen(request) -> str:
    asked = request.GET.get("view")
    if asked in VIEWS and _may_switch(request.user):
        return asked
    return roles.home_of(request.user)


def _may_switch(user) -> bool:
    return user.has_perm("consents.view_consentrecord")
