"""The companies we exchange data with."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from cdp.base.admin.modeladmin import NeverDelete, TrackedAdmin
from partners.admin import presenters
from partners.agreements.status import statuses
from partners.models import AgreementVersion, Delivery, DisclosureLink, Partner, VersionState
from partners.models.exchange import WRITTEN_STATES
from profiles.models import SourceIdentity

HELD_NAMES = (VersionState.PROPOSED, VersionState.IN_FORCE)


@admin.register(Partner)
class PartnerAdmin(NeverDelete, TrackedAdmin):
    question = _("With whom do we exchange data, and on what footing?")
    list_display = ["public_name", "country", "standing", "registration_no", "last_review_on"]
    list_filter = ["status"]
    search_fields = ["key__istartswith", "public_name__istartswith", "legal_name__istartswith"]
    search_help_text = _("Beginning of a name or key")
    prepopulated_fields = {"key": ["public_name"]}
    change_form_outer_before_template = "admin/partners/partner/summary.html"
    fieldsets = [
        (_("Who"), {"fields": ["public_name", "legal_name", "key", "registration_no", "country"]}),
        (_("Whom to write to"), {"fields": ["dpo_contact", "deletion_contact"]}),
        (_("Standing"), {"fields": ["status", "last_review_on"]}),
    ]

    @admin.display(description=_("status"), ordering="status")
    def standing(self, partner):
        return presenters.badge(partner.status, partner.get_status_display())

    def get_readonly_fields(self, request, obj=None):
        """The name that people consented to stays while an agreement is signed with it."""
        if obj is None:
            return []
        signed = AgreementVersion.objects.filter(agreement__partner=obj, state__in=HELD_NAMES).exists()
        return ["key", "public_name"] if signed else ["key"]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def change_view(self, request, object_id, form_url="", extra_context=None):
        partner = self.get_object(request, unquote(object_id))
        told = {"summary": summary(partner)} if partner else {}
        return super().change_view(request, object_id, form_url, told | (extra_context or {}))


def summary(partner: Partner) -> dict:
    """What stands between us and a partner: agreements, and what it holds of how many people."""
    agreements = list(partner.agreements.order_by("number"))
    found = statuses(agreements)
    sent = Delivery.objects.filter(version__agreement__partner=partner, state__in=WRITTEN_STATES)
    disclosed = DisclosureLink.objects.filter(entry__delivery__in=sent).values("identity_ref")
    people = SourceIdentity.objects.filter(pk__in=disclosed).values("profile").distinct().count()
    return {
        "agreements": [
            (row, presenters.badge(found[row.pk].code, presenters.STATUS[found[row.pk].code]), found[row.pk].sentence)
            for row in agreements
        ],
        "people": people,
        **sent.aggregate(rows=Sum("sent", default=0), last=Max("built_at")),
    }
