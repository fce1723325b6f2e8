"""A correction is decided in two places, the history of its person and the list of corrections: by one verb."""

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from cdp.base.admin.pages import Pages
from consents.models import CorrectionRequest
from consents.recording import correction

#: Who holds it may be the second person.
DECIDE = "consents.prove_consent"
VERDICTS = {
    "approve": (correction.approve, _("Corrected: the entry counts no more.")),
    "refuse": (correction.refuse, _("Not corrected: the entry counts on.")),
}


def decide(pages: Pages, request, asked: CorrectionRequest) -> bool:
    """Do as the button said, and tell whether it was done; the caller has asked for the right."""
    if request.POST.get("verdict") not in VERDICTS:
        raise Http404
    verb, done = VERDICTS[request.POST["verdict"]]
    return pages.act(request, done, verb, asked=asked, by=request.user) is not None
