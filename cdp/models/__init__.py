"""Who may act: people who sign in, and services that hold a key."""

from hashlib import sha256

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdp.base.database.history import tracked
from cdp.base.database.ids import uuid7


class User(AbstractUser):
    """A member of staff. Deactivated when they leave, never deleted: history keeps a plain reference to the id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    language = models.CharField(
        _("language"), max_length=2, blank=True, default="", help_text=_("Empty: the language of the browser.")
    )
    is_demo = models.BooleanField(_("demo sign-in"), default=False, editable=False)
    must_choose_password = models.BooleanField(_("must choose a new password"), default=False, editable=False)
    access_until = models.DateTimeField(
        _("access until"), null=True, blank=True, help_text=_("For auditors: after this moment the sign-in is closed.")
    )
    history = tracked(excluded=("password", "last_login", "language"))

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")
        verbose_name_plural = _("users")


class ServiceKey(models.Model):
    """A key with which a service uses the management API: only its SHA-256 is stored, with scopes, expiry, networks."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    start = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("scopes"))
    networks = ArrayField(
        models.CharField(max_length=43),
        default=list,
        blank=True,
        verbose_name=_("networks"),
        help_text=_("Addresses it may come from, such as 10.0.0.0/8. Empty: any."),
    )
    is_test = models.BooleanField(_("test key"), default=False)
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    history = tracked(excluded=("last_used_at", "digest"))

    #: Asked of whoever calls: a key that was found is known.
    is_authenticated = True

    class Meta:
        verbose_name = _("service key")
        verbose_name_plural = _("service keys")
        ordering = ["name"]

    def __str__(self):
        """The name, and who made it: so stand its readings in the access log."""
        return f"{self.name} ({self.made_by.get_username()})"[:150] if self.made_by else self.name


class StaffSession(AbstractBaseSession):
    """A browser that is signed in, or on its way: whose it is and from where, so that it can be seen and ended."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", verbose_name=_("user"))
    address = models.GenericIPAddressField(_("address"), null=True)
    agent = models.CharField(_("browser"), max_length=200, blank=True)
    began_at = models.DateTimeField(_("since"), null=True)
    last_seen_at = models.DateTimeField(_("last seen"), null=True)

    class Meta(AbstractBaseSession.Meta):
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    @property
    def mark(self) -> str:
        """Names the session on a page without telling its key."""
        return sha256(self.session_key.encode()).hexdigest()[:16]
