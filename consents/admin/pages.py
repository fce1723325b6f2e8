"""Frame of the pages of our own, which call one verb each."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse

from cdp.kit.refused import Refused


class Pages:
    """Mixin of a ModelAdmin: one template, the right to see it, one verb and the sentence with which it refused."""

    def page(self, request, template: str, **context) -> TemplateResponse:
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "title_of_page": True}
        return TemplateResponse(request, f"admin/consents/{template}.html", frame | context)

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
