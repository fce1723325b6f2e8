"""Frame of the pages of our own: one template, one right, one verb, and the sentence with which it refused."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path

from cdp.kit.refused import Refused


class Pages:
    """Mixin of a ModelAdmin."""

    def page(self, request, template: str, **context) -> TemplateResponse:
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "title_of_page": True}
        return TemplateResponse(request, f"admin/partners/{template}.html", frame | context)

    def route(self, place: str, view, name: str):
        """An address below one row: `<id>/place/`."""
        model = self.opts.model_name
        return path(f"<uuid:key>/{place}/", self.admin_site.admin_view(view), name=f"partners_{model}_{name}")

    def demand(self, request, *permissions: str) -> None:
        """The right to look at these rows, and each of `permissions`."""
        if not self.has_view_permission(request) or not request.user.has_perms(permissions):
            raise PermissionDenied

    @staticmethod
    def found(queryset, key):
        """One row, or Not found, also for a key that is none."""
        try:
            return get_object_or_404(queryset, pk=key)
        except ValidationError:
            raise Http404 from None

    @staticmethod
    def act(request, done: str, verb, *subjects, **arguments):
        """Call a verb; say what it did, or the sentence with which it refused. Gives what it gave, or None."""
        try:
            result = verb(*subjects, **arguments)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return None
        messages.success(request, done)
        return result
