"""Tabs that other apps add to the profile page. Profiles knows nobody above it; whoever has something to say of a
person registers a panel from its `AppConfig.ready`:

    from profiles.admin import tabs

    tabs.register(
        tabs.Panel(
            key="consents",                                 # in the address: ?tab=consents
            title=_("Consents"),
            template="admin/consents/panel.html",           # included inside .k-page; gets `profile` and the context
            context=panel_context,                          # (profile, request) -> dict; called when the tab is open
            permission="consents.view_consentrecord",       # without it the tab is not there
            order=30,                                       # overview 0, records 10, timeline 20, history 90
        )
    )
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Panel:
    """One tab of the profile page."""

    key: str
    title: str
    template: str
    context: Callable[..., dict]
    permission: str
    order: int = 50


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    """Add a tab. ValueError where its key is taken: two tabs cannot share an address."""
    if _panels.get(panel.key, panel) != panel:
        raise ValueError(f"There is a panel {panel.key} already.")
    _panels[panel.key] = panel


def seen_by(user) -> list[Panel]:
    """The tabs that `user` may open, in order."""
    allowed = [panel for panel in _panels.values() if user.has_perm(panel.permission)]
    return sorted(allowed, key=lambda panel: (panel.order, panel.key))
