"""The second factor: a time-based code (TOTP), and recovery codes for the day the phone is lost."""

import secrets

import segno
from django.conf import settings
from django.db import transaction
from django.utils.safestring import mark_safe
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from cdp.access import roles

RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters and figures that are taken for one another
NAME = "Kendt"


def is_needed(user) -> bool:
    """True when `user` may not work without a second factor: their roles lead to personal values.

    Demo sign-ins are excused outside production.
    """
    excused = user.is_demo and not settings.PRODUCTION
    return settings.OTP_REQUIRED and not excused and roles.opens_personal_values(user)


def is_given(user) -> bool:
    """True when `user` came in through a second factor in this session."""
    return getattr(user, "otp_device", None) is not None


def device_of(user) -> TOTPDevice | None:
    """The confirmed device, if the user has set one up."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def draft_of(user) -> TOTPDevice:
    """The device that the user is setting up: the same one until it is confirmed."""
    return TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": NAME})[0]


@transaction.atomic
def confirm(user, code: str) -> TOTPDevice | None:
    """Make the draft the user's device when `code` is right."""
    device = draft_of(user)
    if not device.verify_token(code.replace(" ", "")):
        return None
    TOTPDevice.objects.filter(user=user, confirmed=True).delete()
    device.confirmed = True
    device.save()
    return device


@transaction.atomic
def new_recovery_codes(user) -> list[str]:
    """Replace the recovery codes; they are shown this once, and each works once."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name=NAME)
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    device.token_set.bulk_create([device.token_set.model(device=device, token=code) for code in codes])
    return codes


def verify(user, code: str):
    """The device that accepts `code`, a TOTP or a recovery code; None when it is wrong or came too fast."""
    code = code.replace(" ", "").lower()
    model = TOTPDevice if code.isdigit() else StaticDevice
    device = model.objects.filter(user=user, confirmed=True).first()
    return device and verify_token(user, device.persistent_id, code)


def qr(device: TOTPDevice) -> str:
    """The QR code of a device as inline SVG, dark on light in both themes."""
    code = segno.make(device.config_url, error="m")
    return mark_safe(code.svg_inline(scale=4, border=3, light="#fff", dark="#111", omitsize=False))  # noqa: S308
