"""Links between the pages of people."""

from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html


def change_url(label: str, key) -> str:
    """The admin page of one row of "app.model"."""
    return reverse(f"admin:{label.replace('.', '_')}_change", args=[key])


def profile_link(key: UUID) -> str:
    """A short link to a profile, by any id that it ever had."""
    link = change_url("profiles.profile", key)
    return format_html('<a class="k-link k-mono" href="{}">…{}</a>', link, str(key)[-12:])
