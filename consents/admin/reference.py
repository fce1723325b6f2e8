"""What may be asked: purposes and their versions, notices, collection points, controllers, age limits."""

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from cdp.base.admin.modeladmin import NeverDelete, TrackedAdmin
from cdp.base.admin.pages import Pages
from consents.badges import badge
from consents.models import AgeLimit, CollectionPoint, Controller, LegalBasis, Purpose, PurposeVersion
from consents.notices import publishing

DESCRIBED_IN = ("en", "da", "sv")
PUBLISHED_NOW = _("Published: it stands from now on.")


@admin.register(Purpose)
class PurposeAdmin(Pages, NeverDelete, TrackedAdmin):
    question = _("What do we use data for, and on which ground?")
    list_display = ["title", "key", "in_force", "basis", "direct_marketing", "profiling", "active"]
    list_filter = ["active", "direct_marketing", "profiling"]
    search_fields = ["key__istartswith", "title__istartswith"]
    fields = ["title", "key", "dpv_iri", "direct_marketing", "profiling", "automated_decision", "active"]
    change_form_outer_before_template = "admin/consents/purpose/versions.html"

    def get_queryset(self, request):
        newest = PurposeVersion.objects.filter(purpose=OuterRef("pk"), published_at__lte=Now()).order_by("-number")
        return (
            super()
            .get_queryset(request)
            .annotate(
                number_in_force=Subquery(newest.values("number")[:1]),
                basis_in_force=Subquery(newest.values("legal_basis")[:1]),
            )
        )

    def get_readonly_fields(self, request, obj=None):
        """The key is what systems send: it stays."""
        return ["key"] if obj else []

    def get_urls(self):
        return [self.post_route("version", self.new_version), *super().get_urls()]

    @admin.display(description=_("in force"))
    def in_force(self, purpose):
        return f"v{purpose.number_in_force}" if purpose.number_in_force else gettext("nothing published")

    @admin.display(description=_("legal basis"))
    def basis(self, purpose):
        return LegalBasis(purpose.basis_in_force).label if purpose.basis_in_force else "–"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        versions = PurposeVersion.objects.filter(purpose=self.get_object(request, object_id))
        extra = {"versions": versions, "may_change": self.has_change_permission(request)}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def new_version(self, request, key):
        """A draft with the rules of the newest version."""
        self.demand(request, "consents.add_purposeversion")
        purpose = self.found(Purpose.objects, pk=key)
        draft = publishing.purpose_draft(purpose, by=request.user)
        return redirect("admin:consents_purposeversion_change", draft.pk)


def _description(language) -> forms.CharField:
    return forms.CharField(required=False, label=language, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class PurposeVersionForm(forms.ModelForm):
    """The rules of a version, and in each language what the data is used for."""

    description_en = _description(_("What for, in English"))
    description_da = _description(_("What for, in Danish"))
    description_sv = _description(_("What for, in Swedish"))
    data_categories = SimpleArrayField(
        forms.CharField(max_length=80),
        delimiter="\n",
        required=False,
        label=_("Data categories"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("One a line."),
    )

    class Meta:
        model = PurposeVersion
        fields = ["legal_basis", "special_category", "valid_months", "min_age", "reconsent"]

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.initial |= {f"description_{code}": text for code, text in self.instance.description.items()}

    def save(self, commit=True):
        said = {code: self.cleaned_data[f"description_{code}"].strip() for code in DESCRIBED_IN}
        self.instance.description = {code: text for code, text in said.items() if text}
        return super().save(commit)


@admin.register(PurposeVersion)
class PurposeVersionAdmin(Pages, NeverDelete, TrackedAdmin):
    question = _("Which rules does a purpose have from a moment on?")
    form = PurposeVersionForm
    list_display = ["purpose", "number", "legal_basis", "valid_months", "published_at"]
    list_select_related = ["purpose"]
    list_filter = ["legal_basis"]
    change_form_outer_before_template = "admin/consents/version/publish.html"

    def get_fields(self, request, obj=None):
        rules = ["legal_basis", "special_category", "data_categories", "valid_months", "min_age", "reconsent"]
        if obj and obj.published_at:
            return ["purpose", "number", "published_at", "what_for", *rules]
        return [*(f"description_{code}" for code in DESCRIBED_IN), *rules]

    readonly_fields = ["what_for"]

    @admin.display(description=_("what for"))
    def what_for(self, version):
        return format_html_join(
            "",
            '<p lang="{}"><small>{}</small> {}</p>',
            [(code, code, text) for code, text in version.description.items()],
        )

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        """Published rules stand."""
        return super().has_change_permission(request, obj) and not (obj and obj.published_at)

    def get_urls(self):
        return [self.post_route("publish", self.publish), *super().get_urls()]

    def response_change(self, request, obj):
        return redirect(request.path)

    def publish(self, request, key):
        self.demand(request, "consents.change_purposeversion")
        version = self.found(PurposeVersion.objects, pk=key)
        self.act(request, PUBLISHED_NOW, publishing.publish_purpose_version, version=version, by=request.user)
        return redirect("admin:consents_purposeversion_change", key)


@admin.register(CollectionPoint)
class CollectionPointAdmin(NeverDelete, TrackedAdmin):
    question = _("Where do we ask people, and what may be asked there?")
    list_display = ["title", "key", "kind", "trust", "asks_for", "needs_double_opt_in", "active"]
    list_filter = ["kind", "trust", "active"]
    fields = ["title", "key", "kind", "trust", "needs_double_opt_in", "purposes", "active"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("purposes")

    def get_readonly_fields(self, request, obj=None):
        return ["key"] if obj else []

    @admin.display(description=_("may ask for"))
    def asks_for(self, point):
        return ", ".join(purpose.title for purpose in point.purposes.all())


@admin.register(Controller)
class ControllerAdmin(NeverDelete, TrackedAdmin):
    question = _("Who decides over the data?")
    list_display = ["name", "key", "country", "email", "url"]
    fields = ["name", "key", "address", "contact", "email", "url", "country"]

    def get_readonly_fields(self, request, obj=None):
        return ["key"] if obj else []


@admin.register(AgeLimit)
class AgeLimitAdmin(Pages, NeverDelete, TrackedAdmin):
    question = _("From which age does one consent alone, and who confirmed it?")
    list_display = ["country", "years", "valid_from", "reason", "standing"]
    list_filter = ["confirmed"]
    fields = ["country", "years", "valid_from", "reason", "confirmed"]
    readonly_fields = ["confirmed"]
    change_form_outer_before_template = "admin/consents/agelimit/confirm.html"

    def get_urls(self):
        return [self.post_route("confirm", self.confirm), *super().get_urls()]

    @admin.display(description=_("state"))
    def standing(self, limit):
        return badge("good", gettext("confirmed")) if limit.confirmed else badge("warn", gettext("proposed"))

    def save_model(self, request, obj, form, change):
        """What was changed is confirmed anew."""
        if form.changed_data:
            obj.confirmed = False
        super().save_model(request, obj, form, change)

    def confirm(self, request, key):
        """A compliance officer stands for it."""
        self.demand(request, "consents.change_agelimit")
        limit = self.found(AgeLimit.objects, pk=key)
        self.act(request, gettext("Confirmed."), publishing.confirm_age_limit, limit=limit, by=request.user)
        return redirect(reverse("admin:consents_agelimit_changelist"))
