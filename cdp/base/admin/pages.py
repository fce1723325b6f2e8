"""Pages that a ModelAdmin has besides its list and form: each shows one template or calls one verb."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST

from cdp.base.errors import Refused


class Pages:
    """Mixin of a ModelAdmin."""

    def page(self, request, template: str, **context) -> TemplateResponse:
        """`admin/<app>/<template>.html` in the frame of the admin; the title is that of the page, not of its row."""
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "title_of_page": True}
        return TemplateResponse(request, f"admin/{self.opts.app_label}/{template}.html", frame | context)

    def route(self, place: str, view, **extra):
        """An address below one row, `<key>/<place>/`, named by the first word of `place`."""
        name = place.partition("/")[0].replace("-", "_")
        named = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(f"<path:key>/{place}/", self.admin_site.admin_view(view), extra, name=named)

    def post_route(self, place: str, view, **extra):
        """The same for an act, by POST only."""
        return self.route(place, require_POST(view), **extra)

    def demand(self, request, *permissions: str) -> None:
        """The right to look at these rows, and each of `permissions`."""
        if not self.has_view_permission(request) or not request.user.has_perms(permissions):
            raise PermissionDenied

    @staticmethod
    def found(rows, **which):
        """The one of `rows` that an address names; Http404 where there is none."""
        row = named(rows, **which)
        if row is None:
            raise Http404
        return row

    @staticmethod
    def act(request, done: str, verb, *subjects, **arguments):
        """Call a verb; say what it did, or the sentence with which it refused. Gives what it gave, or None."""
        try:
            result = verb(*subjects, **arguments)
        except Refused as refusal:
            messages.error(request, _told(refusal))
            return None
        messages.success(request, done)
        return result


def named(rows, **which):
    """The one of `rows`, a queryset, that an address or a form names, or None: also for an id that is none."""
    try:
        return rows.filter(**which).first()
    except (ValidationError, ValueError, DataError):  # DataError: a text with NUL
        return None


def attachment(content: bytes, name: str, *, media_type: str = "text/csv; charset=utf-8") -> HttpResponse:
    """A file to take away, which nothing on the way keeps."""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=media_type, headers=headers)


def _told(refusal: Refused) -> str:
    """The sentence of a refusal, with those of its details that it does not hold."""
    sentence = str(refusal)
    details = dict.fromkeys(str(error["detail"]) for error in refusal.errors)
    return " ".join([sentence, *(detail for detail in details if detail not in sentence)])
