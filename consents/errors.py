"""Why the verbs of this app say no."""

from django.utils.translation import gettext_lazy as _

from cdp.base.errors import OwnRequest, Refused


class OfStatements(Refused):
    """Some of several statements are refused: `refused` are those and why, `errors` the same for the API."""

    def __init__(self, refused=()):
        self.refused = list(refused)
        super().__init__(errors=[one.as_error() for one in self.refused])


class NotRecorded(OfStatements):
    """Some decisions may not stand, so none was recorded."""

    code = "invalid_decisions"
    status = 400
    sentence = _("Nothing was recorded: some decisions are not complete or not allowed.")


class SaidOtherwise(OfStatements):
    """The source has used this id for something else that it said."""

    code = "source_event_conflict"
    status = 409
    sentence = _("This id of the source stands already, and says something else.")


class UnknownPerson(Refused):
    """Nobody is known by this id."""

    code = "unknown_person"
    status = 404
    sentence = _("Nobody is known by this.")


class BadMoment(Refused):
    """A moment without a zone, in the future, or before 1970."""

    code = "bad_moment"
    status = 400
    sentence = _("Give the time with its zone; it may not lie in the future, nor before 1970.")


class UnreadableMoment(Refused):
    """What was asked for is no moment."""

    code = "unreadable_moment"
    status = 400
    sentence = _("This is no moment. Write it as year-month-day hour:minute, such as 2026-03-01 10:00.")


class InTheFuture(Refused):
    """A question about a moment that has not come."""

    code = "in_the_future"
    status = 400
    sentence = _("This moment has not come: nobody knows yet what will count then.")


class NoAddress(Refused):
    """This is no address or number that can be written to."""

    code = "not_a_contact_point"
    status = 400
    sentence = _("This is no address or number that can be written to.")


class NothingToEnd(Refused):
    """There is nothing standing that could be ended."""

    code = "nothing_to_end"
    sentence = _("There is nothing standing that could be ended.")


class OwnCorrection(OwnRequest):
    sentence = _("A correction needs a second person; nobody approves their own.")


class AlreadyAsked(Refused):
    """A correction of this entry is asked for already, or was decided."""

    code = "already_asked"
    sentence = _("A correction of this entry is asked for already, or decided.")


class UnknownEntry(Refused):
    """The ledger has no such entry, or it was corrected before."""

    code = "unknown_entry"
    status = 404
    sentence = _("There is no such entry that still counts.")


class OtherChoice(Refused):
    """A correction is about the same person and the same choice as the entry."""

    code = "other_choice"
    status = 400
    sentence = _("The true decision is about another person or another choice than the entry.")


class NotPublishable(Refused):
    """Something lacks that a published version must say; `errors` names each."""

    code = "not_publishable"
    status = 400
    sentence = _("This version cannot be published yet: %(lacks)s")


class AlreadyPublished(Refused):
    """Published versions stand."""

    code = "already_published"
    sentence = _("This version is published and stands. Make a new version.")


class UnknownQuestion(Refused):
    """The purpose, channel or controller that was asked for does not exist."""

    code = "unknown_question"
    status = 400
    sentence = _("There is no %(what)s “%(name)s”.")
