"""The forms of signing in."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm


class PasswordForm(AuthenticationForm):
    """User name and password. Every refusal is the same sentence, so that it tells nothing about who exists."""

    error_messages = {
        "invalid_login": _("User name and password do not fit, or this sign-in is closed."),
        "inactive": _("User name and password do not fit, or this sign-in is closed."),
    }


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"class": "k-input", "autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )
