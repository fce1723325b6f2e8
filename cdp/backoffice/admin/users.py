"""Users and their roles. Rights are given by role only, never to oneself, and roles are a table in code."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from cdp.access.accounts import sessions
from cdp.access.roles import ROLES
from cdp.base.admin.modeladmin import HouseAdmin, LookOnly, NeverDelete, TrackedAdmin
from cdp.base.database.history import note
from cdp.models import User

admin.site.unregister(Group)


class GivenPasswordForm(AdminPasswordChangeForm):
    """A password that somebody sets for another: it serves for one sign-in."""

    def save(self, commit=True):
        self.user.must_choose_password = True
        return super().save(commit)


@admin.register(User)
class UserAdmin(NeverDelete, DjangoUserAdmin, TrackedAdmin):
    question = _("Who may work here, and as what?")
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, GivenPasswordForm
    list_display = ["username", "full_name", "roles", "second_factor", "last_login", "access_until", "is_active"]
    list_filter = ["is_active", "groups"]
    search_fields = ["username__istartswith", "last_name__istartswith"]
    list_select_related = False
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["username", "password", "first_name", "last_name", "email", "language"]}),
        (_("Rights"), {"fields": ["is_active", "access_until", "groups"]}),
        (_("Signing in"), {"fields": ["second_factor", "last_login", "date_joined", "signed_in"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "usable_password", "password1", "password2", "groups"]})]
    readonly_fields = ["last_login", "date_joined", "second_factor", "signed_in"]
    autocomplete_fields = ()
    actions = ["end_sessions", "reset_second_factor"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups", "totpdevice_set")

    def formfield_for_dbfield(self, field, request, **kwargs):
        if field.name == "language":
            return forms.ChoiceField(
                label=_("language"),
                choices=[("", _("As the browser asks")), *settings.LANGUAGES],
                widget=UnfoldAdminSelectWidget,
                required=False,
            )
        if field.name == "groups":
            choices = Group.objects.filter(name__in=ROLES)
            return forms.ModelMultipleChoiceField(
                choices, label=_("roles"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
            )
        return super().formfield_for_dbfield(field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        """Whoever stands above the roles is changed only by their like."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request, obj=None):
        """Nobody changes their own rights."""
        own = ["is_active", "access_until", "groups"] if obj == request.user else []
        return [*super().get_readonly_fields(request, obj), *own]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.is_staff = obj.must_choose_password = True
        super().save_model(request, obj, form, change)

    def user_change_password(self, request, id, form_url=""):
        """One's own password is changed on the page that asks for the present one."""
        if id == str(request.user.pk):
            return redirect("admin:password_change")
        return super().user_change_password(request, id, form_url)

    @admin.display(description=_("name"))
    def full_name(self, user):
        return user.get_full_name() or "–"

    @admin.display(description=_("roles"))
    def roles(self, user):
        return ", ".join(str(_title(group.name)) for group in user.groups.all()) or "–"

    @admin.display(description=_("second factor"), boolean=True)
    def second_factor(self, user):
        return any(device.confirmed for device in user.totpdevice_set.all())

    @admin.display(description=_("signed in now"))
    def signed_in(self, user):
        rows = ((session.address or "–", session.agent[:60]) for session in sessions.of(user)[:10])
        return format_html_join("", "<div>{} · {}</div>", rows) or "–"

    @admin.action(description=_("End all sessions"), permissions=["change"])
    def end_sessions(self, request, queryset):
        count = 0
        for user in queryset:
            count += sessions.end_all(user)
            self._note(request, user, "All sessions ended")
        self.message_user(request, ngettext("%d session ended.", "%d sessions ended.", count) % count)

    def _note(self, request, user, what: str) -> None:
        """In the log, and in the history of the user."""
        self.log_change(request, user, what)
        note(user, what, by=request.user)

    @admin.action(description=_("Reset the second factor (the phone is lost)"), permissions=["change"])
    def reset_second_factor(self, request, queryset):
        people = [user for user in queryset if self.has_change_permission(request, user) and user != request.user]
        TOTPDevice.objects.filter(user__in=people).delete()
        StaticDevice.objects.filter(user__in=people).delete()
        for user in people:
            sessions.end_all(user)
            self._note(request, user, "Second factor reset")
        self.message_user(request, ngettext("%d person changed.", "%d people changed.", len(people)) % len(people))


@admin.register(Group)
class RoleAdmin(LookOnly, HouseAdmin):
    """Roles can be read here and are changed in cdp/access/roles.py, where a review sees it."""

    page_name = _("Roles")
    question = _("What may each role do?")
    list_display = ["role", "task", "people"]
    list_display_links = ["role"]
    fields = ["role", "task", "rights"]
    readonly_fields = ["role", "task", "rights"]
    ordering = ["id"]

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("cdp.view_user")

    def get_queryset(self, request):
        return super().get_queryset(request).filter(name__in=ROLES).prefetch_related("user_set")

    @admin.display(description=_("role"))
    def role(self, group):
        return _title(group.name)

    @admin.display(description=_("task"))
    def task(self, group):
        return ROLES[group.name].task

    @admin.display(description=_("people"))
    def people(self, group):
        return sum(user.is_active for user in group.user_set.all())

    @admin.display(description=_("rights"))
    def rights(self, group):
        rows = ((permission,) for permission in sorted(ROLES[group.name].permissions()))
        return format_html('<ul class="k-columns k-mono">{}</ul>', format_html_join("", "<li>{}</li>", rows))


def _title(name: str):
    return ROLES[name].title if name in ROLES else name
