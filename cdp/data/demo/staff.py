"""The people who work at the demo company, one a role, and what they sign in with."""

from django.contrib.auth.models import Group
from django.utils.crypto import get_random_string

from cdp.models import User

# name to sign in with, first name, last name, role
STAFF = [
    ("anna", "Anna", "Steward", "Steward"),
    ("lise", "Lise", "Lead", "Lead steward"),
    ("carl", "Carl", "Compliance", "Compliance officer"),
    ("maja", "Maja", "Marketing", "Marketer"),
    ("per", "Per", "Partner", "Partner manager"),
    ("eva", "Eva", "Partner", "Partner manager"),
    ("ida", "Ida", "Integration", "Integration admin"),
    ("aud", "Aud", "Auditor", "Auditor"),
    ("sys", "Sys", "Admin", "System admin"),
]


def hire() -> dict[str, str]:
    """Make the demo's sign-ins, or give them new passwords. {name: password}."""
    return {name: _sign_in(name, first, last, role) for name, first, last, role in STAFF}


def one(name: str) -> User:
    """The member of staff who signs in as `name`."""
    return User.objects.get(username=name)


def _sign_in(name: str, first: str, last: str, role: str) -> str:
    password = get_random_string(12, "abcdefghjkmnpqrstuvwxyz23456789")
    user = User.objects.filter(username=name).first() or User(username=name)
    user.first_name, user.last_name, user.is_staff, user.is_demo = first, last, True, True
    user.set_password(password)
    user.save()
    user.groups.set([Group.objects.get(name=role)])
    return password
