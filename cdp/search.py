"""Global search: exact values only, each read in its normal form; results grouped, people masked."""

from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

LONGEST = 200


def page(request, site):
    """`/admin/search/?q=`: what was found, and as what the text was read."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    context = {**site.each_context(request), "title": _("Search"), "search_text": text, "groups": []}
    return TemplateResponse(request, "admin/search.html", context)
