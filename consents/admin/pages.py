"""Frame of the pages of our own, which call one verb each."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST

from cdp.kit.refused import Refused


class Pages:
    """Mixin of a ModelAdmin: one template, the right to see it, one verb and the sentence with which it refused."""

    def page(self, request, template: str, **context) -> TemplateResponse:
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "title_of_page": True}
        return TemplateResponse(request, f"admin/consents/{template}.html", frame | context)

    def acts(self, **views) -> list:
        """Addresses of acts below one row, `<id>/<act>/`, by POST only."""
        model, guarded = self.opts.model_name, self.admin_site.admin_view
        return [
            path(f"<path:key>/{act}/", guarded(require_POST(view)), name=f"consents_{model}_{act}")
            for act, view in views.items()
        ]

    def found(self, request, key):
        """The row with this id; Http404 where there is none, or where the address holds no id."""
        row = self.get_object(request, key)
        if row is None:
            raise Http404
        return row

    def demand(self, request, *permissions: str) -> None:
        """The right to look at these rows, and each of `permissions`."""
        if not self.has_view_permission(request) or not request.user.has_perms(permissions):
            raise PermissionDenied

    @staticmethod
    def act(request, done: str, verb, **arguments) -> bool:
        """Call a verb; say what it did, or the sentence with which it refused."""
        try:
            verb(**arguments)
        except Refused as refusal:
            messages.error(request, _told(refusal))
            return False
        messages.success(request, done)
        return True


def _told(refusal: Refused) -> str:
    """The sentence of a refusal with its details, each once."""
    details = dict.fromkeys(str(error["detail"]) for error in refusal.errors)
    return " ".join(dict.fromkeys([str(refusal), *details]))
