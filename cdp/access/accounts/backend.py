"""Who may still sign in."""

from django.contrib.auth.backends import ModelBackend
from django.utils import timezone


class StaffBackend(ModelBackend):
    """Active people within their time. It is asked at each request, so closing an account ends its sessions at once."""

    def user_can_authenticate(self, user) -> bool:
        in_time = user.access_until is None or timezone.now() < user.access_until
        return in_time and super().user_can_authenticate(user)
