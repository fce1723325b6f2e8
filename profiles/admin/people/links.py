"""Links between the pages of people."""

from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html


def change_url(label: str, key) -> str:
    """The admin page of one row of "app.model"."""
    return reverse(f"admin:{label.replace('.', '_')}_change", args=[key])


def profile_link(key: UUID, name: str = "") -> str:
    """A link to a profile, by any id that it ever had: its masked name, or the end of its id."""
    link = change_url("profiles.profile", key)
    if name:
        return format_html('<a class="k-link" href="{}">{}</a>', link, name)
    return format_html('<a class="k-link k-mono" href="{}">…{}</a>', link, str(key)[-12:])
