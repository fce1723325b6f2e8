"""How personal values are seen in one request: as masks, or in clear once a purpose was given for this person."""

from collections.abc import Sequence

from profiles import vault
from profiles.models import Profile

SESSION_KEY = "shown_people"
MOST_REMEMBERED = 50


class Sight:
    """Reads sealed values of one profile. In clear, every reading leaves a line in the access log."""

    def __init__(self, request, profile: Profile):
        self.request = request
        self.may_reveal = request.user.has_perm("profiles.reveal_profile")
        purposes = request.session.get(SESSION_KEY, {})
        self.purpose = purposes.get(str(profile.pk)) if self.may_reveal else None

    def read(self, items: Sequence[vault.Item]) -> list[str | None]:
        """The values of `items`, in their order."""
        if not items:
            return []
        if not self.purpose:
            return vault.masked(items)
        return vault.open_values(
            items, by=self.request.user, action="profile_page", purpose=self.purpose, request_id=self.request.id
        )


def remember(request, profile: Profile, purpose: str) -> None:
    """From here on, and until the session ends, this person is shown in clear for `purpose`."""
    purposes = request.session.get(SESSION_KEY, {})
    recent = list(purposes.items())[-MOST_REMEMBERED:]
    request.session[SESSION_KEY] = dict(recent) | {str(profile.pk): purpose}


def forget(request, profile: Profile) -> None:
    """Show this person as masks again."""
    purposes = request.session.get(SESSION_KEY, {})
    request.session[SESSION_KEY] = {key: purpose for key, purpose in purposes.items() if key != str(profile.pk)}
