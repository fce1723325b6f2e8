"""Why somebody may not be reached: stable codes, and the sentence that a person reads."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

REASONS = {
    "allowed": _("Allowed."),
    "suppressed": _("An address of this person is on the suppression list."),
    "erased": _("This person's data has been erased."),
    "objection": _("The person has objected to this use."),
    "restricted": _("Processing of this person's data is restricted."),
    "minor": _("The person is below the age at which one consents alone."),
    "guardian_missing": _("The person is below the age of consent, and no guardian has consented."),
    "no_basis": _("This purpose has no rules in force."),
    "consent_missing": _("The person has not consented to this."),
    "consent_refused": _("The person has said no to this."),
    "consent_withdrawn": _("The person has withdrawn the consent."),
    "consent_revoked": _("The consent was ended by the company or an authority."),
    "consent_invalidated": _("The consent was found invalid."),
    "consent_expired": _("The consent has run out."),
    "doi_pending": _("The person has not yet confirmed by the link that was sent."),
    "outdated_notice": _("The words have changed since the person consented, and must be consented to anew."),
    "recipient_not_named": _("The words that the person consented to do not name this recipient."),
    "no_contact_point": _("There is no address of this person for this channel."),
}


class LeftOut(NamedTuple):
    """How many people one reason leaves out; `share` is their part of all who are left out, in percent."""

    code: str
    sentence: str
    people: int
    share: int


def ranked(left_out: dict[str, int]) -> list[LeftOut]:
    """{code: people} in words, the most frequent reason first."""
    total = sum(left_out.values()) or 1
    return [
        LeftOut(code, str(REASONS.get(code, code)), people, round(100 * people / total))
        for code, people in sorted(left_out.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
