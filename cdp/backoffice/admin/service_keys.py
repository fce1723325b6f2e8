"""Keys with which services use the management API: made here, shown once, ended at once."""

from django import forms
from django.contrib import admin
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from cdp.access import service_keys
from cdp.base.admin.modeladmin import NeverDelete, TrackedAdmin
from cdp.base.admin.pages import Pages
from cdp.base.api.scopes import SCOPES, not_held
from cdp.models import ServiceKey


class ScopeBoxes(UnfoldAdminCheckboxSelectMultipleWidget):
    """A box for each scope; those that the user may not give cannot be ticked, and say why."""

    withheld: frozenset[str] = frozenset()

    def create_option(self, name, value, label, *args, **kwargs):
        if value not in self.withheld:
            return super().create_option(name, value, label, *args, **kwargs)
        why = _("you may not do this yourself, so you cannot give it")
        option = super().create_option(name, value, f"{label} ({why})", *args, **kwargs)
        option["attrs"]["disabled"] = True
        return option


class ServiceKeyForm(forms.ModelForm):
    """Scopes as a list to tick; an unknown one, or one that the user may not give, cannot be chosen."""

    by = None  # the user; the admin puts them on the class that it makes for a request
    scopes = forms.MultipleChoiceField(
        label=_("scopes"), choices=[(scope, f"{scope}: {told}") for scope, told in SCOPES.items()], widget=ScopeBoxes
    )

    class Meta:
        model = ServiceKey
        fields = ["name", "scopes", "networks", "is_test", "expires_at"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "scopes" in self.fields:
            self.fields["scopes"].widget.withheld = frozenset(not_held(self.by, SCOPES))

    def clean_scopes(self):
        scopes = self.cleaned_data["scopes"]
        if withheld := not_held(self.by, scopes):
            raise forms.ValidationError(str(service_keys.ScopeNotHeld(scopes=", ".join(withheld))))
        return scopes


@admin.register(ServiceKey)
class ServiceKeyAdmin(Pages, NeverDelete, TrackedAdmin):
    question = _("Which services may use the API, and for what?")
    form = ServiceKeyForm
    list_display = ["name", "start", "scope_list", "made_by", "is_test", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["is_test", ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name__istartswith", "start__startswith"]
    list_select_related = ["made_by"]
    actions = ["revoke"]

    def get_readonly_fields(self, request, obj=None):
        """A key that is out keeps its rights for life. Who could not have made it can only end it."""
        if obj is None:
            return []
        fixed = ["scopes", "is_test", "start", "made_by", "created_at", "last_used_at", "revoked_at"]
        return [*fixed, "name", "networks", "expires_at"] if not_held(request.user, obj.scopes) else fixed

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.by = request.user
        return form

    def get_fields(self, request, obj=None):
        asked = ["name", "scopes", "networks", "is_test", "expires_at"]
        return [*asked, "start", "made_by", "created_at", "last_used_at", "revoked_at"] if obj else asked

    @admin.display(description=_("scopes"))
    def scope_list(self, key):
        return ", ".join(key.scopes)

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
            return
        made, request.new_key = service_keys.issue(**form.cleaned_data, by=request.user)
        obj.pk, obj.made_by, obj._state.adding = made.pk, request.user, False

    def construct_change_message(self, request, form, formsets, add=False):
        """The log of a new key says what it may do."""
        if add:
            return "Made with the scopes " + ", ".join(sorted(form.cleaned_data["scopes"]))
        return super().construct_change_message(request, form, formsets, add)

    @method_decorator(never_cache)
    def response_add(self, request, obj, post_url_continue=None):
        """The key stands in this answer and nowhere else."""
        told = {"key": request.new_key, "row": obj, "address": request.build_absolute_uri("/").rstrip("/")}
        return self.page(request, "servicekey/made", title=_("This is the key"), **told)

    @admin.action(description=_("End now"), permissions=["change"])
    def revoke(self, request, queryset):
        keys = list(queryset.filter(revoked_at=None))
        for key in keys:
            service_keys.revoke(key)
            self.log_change(request, key, "Revoked")
        self.message_user(request, ngettext("%d key ended.", "%d keys ended.", len(keys)) % len(keys))
