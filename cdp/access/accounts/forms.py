"""The forms of signing in."""

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm


class PasswordForm(AuthenticationForm):
    """User name and password. Every refusal is the same sentence, so that it tells nothing about who exists."""

    error_messages = {
        "invalid_login": _("User name and password do not fit, or this sign-in is closed."),
        "inactive": _("User name and password do not fit, or this sign-in is closed."),
    }


class NewPasswordForm(SetPasswordForm):
    """A password of one's own, in place of one that somebody else has set."""

    def __init__(self, user, *args, **kwargs):
        super().__init__(user, *args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "k-input"

    def clean_new_password1(self):
        password = self.cleaned_data["new_password1"]
        if self.user.check_password(password):
            raise forms.ValidationError(_("That is the password you were given. Choose another one."))
        return password

    def save(self, commit=True):
        self.user.must_choose_password = False
        return super().save(commit)


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"class": "k-input", "autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )
