"""Tabs that other apps add to the profile page. Profiles knows nobody above it; whoever has something to say of a
person adds a panel from its `AppConfig.ready`:

    from profiles.admin.tabs import TABS, Panel

    TABS.add(
        Panel(
            key="consents",                                 # in the address: ?tab=consents
            title=_("Consents"),
            template="admin/consents/panel.html",           # included inside .k-page; gets `profile` and the context
            context=panel_context,                          # (profile, request) -> dict; called when the tab is open
            permission="consents.view_consentrecord",       # without it the tab is not there
        ),
        order=30,                                           # among the tabs of other apps
    )
"""

from collections.abc import Callable
from dataclasses import dataclass

from cdp.base.extension import ExtensionPoint


@dataclass(frozen=True)
class Panel:
    """One tab of the profile page."""

    key: str
    title: str
    template: str
    context: Callable[..., dict]
    permission: str


TABS: ExtensionPoint[Panel] = ExtensionPoint("profiles.admin.tabs")


def seen_by(user) -> list[Panel]:
    """The tabs that `user` may open, in order."""
    return [panel for panel in TABS if user.has_perm(panel.permission)]
