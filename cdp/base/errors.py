"""The one way to say no: an exception whose sentence is shown alike by the admin, the API and the commands."""

from contextlib import contextmanager
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.errors import UniqueViolation


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


class WrittenMeanwhile(Refused):
    """Two wrote what there can be one of at the same moment; the other was first."""

    code = "written_meanwhile"
    sentence = _("Somebody wrote the same at the same moment. Look at what stands now; try again if it is not yours.")

    @staticmethod
    def is_told_by(error: Exception) -> bool:
        return isinstance(error, IntegrityError) and isinstance(error.__cause__, UniqueViolation)


@contextmanager
def once(refusal: Refused):
    """Write what there can be one of: where it stands already, also by who wrote it just now, that is refused."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if WrittenMeanwhile.is_told_by(error):
            raise refusal from error
        raise


class ReasonNeeded(Refused):
    """What is kept with its reason needs one."""

    code = "reason_needed"
    status = 422
    sentence = _("Say why.")


class ReasonTooLong(Refused):
    """A reason is kept as it was given, never cut."""

    code = "reason_too_long"
    status = 422
    sentence = _("Say why in at most %(most)s characters.")


def stated(reason: str, *, otherwise=None, most: int | None = None) -> str:
    """The reason that somebody gave, without blanks around it, of at most `most` characters.

    Raises ReasonNeeded, saying `otherwise` if given, and ReasonTooLong.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonNeeded(otherwise)
    if most is not None and len(reason) > most:
        raise ReasonTooLong(most=most)
    return reason


class WrongState(Refused):
    """What is in another state than the act asks for."""

    code = "wrong_state"
    sentence = _("This is %(state)s, so that cannot be done.")


class OwnRequest(Refused):
    """Four eyes: nobody approves what they asked for. Whoever raises it says what that was."""

    code = "own_request"
    status = 403


@dataclass(frozen=True, slots=True)
class Violation:
    """Why something given is refused: where it stands (a JSON pointer), which rule (a stable code), what to do."""

    pointer: str
    code: str
    detail: str

    @property
    def field(self) -> str:
        """The last part of the pointer: the field, where what is given has fields only."""
        return self.pointer.rpartition("/")[2]

    def as_dict(self) -> dict:
        return {"pointer": self.pointer, "code": self.code, "detail": str(self.detail)}
