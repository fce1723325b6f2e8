"""Evidence, to be looked at: versions, terms, approvals, disclosures."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly, TrackedAdmin
from partners.admin import presenters
from partners.models import AgreementVersion, DisclosureEntry, DisclosureLink, Signature, TermLine
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.links import profile_link


class AgreementRecordAdmin(LookOnly, HouseAdmin):
    sortable_by = ()


@admin.register(AgreementVersion)
class AgreementVersionAdmin(LookOnly, TrackedAdmin):
    sortable_by = ()
    question = _("Which terms stand in which version?")
    list_display = ["__str__", "stands", "valid_from", "valid_until", "legal_basis", "author", "activated_at", "page"]
    list_select_related = ["agreement", "author"]
    list_filter = ["state", "legal_basis"]
    search_fields = ["agreement__number__istartswith"]
    search_help_text = _("Beginning of the number")

    @admin.display(description=_("state"))
    def stands(self, version):
        return presenters.badge(version.state, version.get_state_display())

    @admin.display(description=_("page"))
    def page(self, version):
        address = reverse("admin:partners_agreement_change", args=[version.agreement_id])
        return format_html('<a class="k-link" href="{}?version={}">{}</a>', address, version.number, _("open"))


@admin.register(TermLine)
class TermLineAdmin(AgreementRecordAdmin):
    question = _("Which agreements let a field go out or come in?")
    list_display = ["field", "form", "direction", "purpose", "version", "max_rows"]
    list_select_related = ["purpose", "version__agreement"]
    list_filter = ["direction", "form", "version__state"]
    search_fields = ["field__istartswith", "version__agreement__number__istartswith"]
    search_help_text = _("Beginning of a field or of an agreement's number")
    ordering = ["field", "version", "direction"]


@admin.register(Signature)
class SignatureAdmin(AgreementRecordAdmin):
    question = _("Who approved what, and in which capacity?")
    list_display = ["signed_at", "version", "person", "capacity", "reason"]
    list_select_related = ["version__agreement", "person"]
    list_filter = ["capacity"]
    search_fields = ["version__agreement__number__istartswith", "person__username__istartswith"]
    search_help_text = _("Beginning of an agreement's number or of a user's name")
    exclude = ["seal"]
    ordering = ["-signed_at"]


@admin.register(DisclosureEntry)
class DisclosureEntryAdmin(AgreementRecordAdmin):
    question = _("What did a partner get, and on which consent?")
    list_display = ["disclosed_at", "partner", "delivery_link", "pseudonym", "consent_position"]
    list_select_related = ["delivery__version__agreement__partner"]
    search_fields = ["pseudonym__exact"]
    search_help_text = _("The partner's pseudonym")
    ordering = ["-id"]

    @admin.display(description=_("partner"))
    def partner(self, entry):
        return entry.delivery.version.agreement.partner

    @admin.display(description=_("delivery"))
    def delivery_link(self, entry):
        address = reverse("admin:partners_delivery_change", args=[entry.delivery_id])
        return format_html('<a class="k-link" href="{}">{}</a>', address, entry.delivery.version.agreement.number)


@admin.register(DisclosureLink)
class DisclosureLinkAdmin(FoundByPerson, AgreementRecordAdmin):
    question = _("Whose data was disclosed in which entry?")
    list_display = ["entry_id", "person", "disclosed_at"]
    list_select_related = ["entry"]
    person_fields = ("identity_ref",)
    ordering = ["-entry_id"]

    @admin.display(description=_("person"))
    def person(self, link):
        return profile_link(link.identity_ref)

    @admin.display(description=_("disclosed"))
    def disclosed_at(self, link):
        return link.entry.disclosed_at
