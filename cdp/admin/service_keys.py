"""Keys with which services use the management API: made here, shown once, ended at once."""

from django import forms
from django.contrib import admin
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from cdp import service_keys
from cdp.kit.admin import NeverDelete, TrackedAdmin
from cdp.kit.pages import Pages
from cdp.kit.scopes import SCOPES
from cdp.models import ServiceKey


class ServiceKeyForm(forms.ModelForm):
    """Scopes as a list to tick; an unknown one cannot be chosen."""

    scopes = forms.MultipleChoiceField(
        label=_("scopes"),
        choices=[(scope, f"{scope}: {told}") for scope, told in SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = ServiceKey
        fields = ["name", "scopes", "networks", "is_test", "expires_at"]


@admin.register(ServiceKey)
class ServiceKeyAdmin(Pages, NeverDelete, TrackedAdmin):
    question = _("Which services may use the API, and for what?")
    form = ServiceKeyForm
    list_display = ["name", "start", "scope_list", "is_test", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["is_test", ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name__istartswith", "start__startswith"]
    actions = ["revoke"]

    def get_readonly_fields(self, request, obj=None):
        """A key that is out keeps its rights for life: other rights need another key."""
        return ["scopes", "is_test", "start", "created_at", "last_used_at", "revoked_at"] if obj else []

    def get_fields(self, request, obj=None):
        asked = ["name", "scopes", "networks", "is_test", "expires_at"]
        return [*asked, "start", "created_at", "last_used_at", "revoked_at"] if obj else asked

    @admin.display(description=_("scopes"))
    def scope_list(self, key):
        return ", ".join(key.scopes)

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
            return
        made, request.new_key = service_keys.issue(**form.cleaned_data)
        obj.pk, obj._state.adding = made.pk, False

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
