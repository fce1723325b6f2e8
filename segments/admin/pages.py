"""Frame of the pages that a segment has besides its list."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from cdp.kit.refused import Refused
from segments.models import Segment


def as_uuid(key) -> UUID | None:
    try:
        return UUID(str(key))
    except ValueError:
        return None


def one_of(queryset, key):
    """The row with this id; 404 where there is none, or where the address holds no id."""
    key = as_uuid(key)
    if key is None:
        raise Http404
    return get_object_or_404(queryset, pk=key)


class Pages:
    """Mixin of a ModelAdmin: one row, one right, one template."""

    def found(self, request, segment_id) -> Segment:
        """The segment, for somebody who may look at segments."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return one_of(Segment.objects.select_related("current", "owner"), segment_id)

    def page(self, request, template: str, **context) -> TemplateResponse:
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "request": request}
        return TemplateResponse(request, f"admin/segments/{template}.html", frame | context)

    @staticmethod
    def demand(request, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied

    @staticmethod
    def act(request, done: str, verb, **arguments):
        """Call a verb; say what it did, or the sentence with which it refused. Gives what it gave, or None."""
        try:
            result = verb(**arguments)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return None
        messages.success(request, done)
        return result

    @staticmethod
    def back(segment_id):
        return redirect("admin:segments_segment_change", segment_id)
