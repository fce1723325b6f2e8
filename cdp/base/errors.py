"""The one way to say no: an exception whose sentence is shown alike by the admin, the API and the commands."""

from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """A rule of the house refuses the act. Subclasses carry a stable `code` and a `sentence`.

    `sentence` may hold %(name)s places, filled from keyword arguments. `status` is the HTTP status
    that the API answers with.
    """

    code = "refused"
    status = 409
    sentence = _("This is not allowed.")

    def __init__(self, sentence=None, *, errors=(), **facts):
        self.facts = facts
        self.errors = list(errors)  # [{"pointer", "code", "detail"}] where several places are wrong
        self.template = sentence or self.sentence
        super().__init__()

    def __str__(self) -> str:
        return str(self.template) % self.facts if self.facts else str(self.template)


class ReasonNeeded(Refused):
    """What is kept with its reason needs one."""

    code = "reason_needed"
    status = 422
    sentence = _("Say why.")
