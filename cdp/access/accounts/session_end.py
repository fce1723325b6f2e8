"""What ends sessions by itself: a closed account, a changed role."""

from django.contrib.auth import get_user_model
from django.db.models.signals import m2m_changed, post_save

from cdp.access.accounts import sessions

CHANGES = {"post_add", "post_remove", "post_clear"}


def connect() -> None:
    """Called once, when the applications are ready."""
    user = get_user_model()
    post_save.connect(_end_when_closed, sender=user)
    m2m_changed.connect(_end_when_rights_change, sender=user.groups.through)


def _end_when_closed(sender, instance, created, **kwargs):
    if not created and not instance.is_active:
        sessions.end_all(instance)


def _end_when_rights_change(sender, instance, action, reverse, pk_set, **kwargs):
    """Other rights need a new sign-in, with the factor that they ask for."""
    if action not in CHANGES:
        return
    people = get_user_model().objects.filter(pk__in=pk_set or ()) if reverse else [instance]
    for user in people:
        sessions.end_all(user)
