"""The rules of one question: the purpose's version in force, what is out of date, the ages of consent."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from consents.errors import UnknownQuestion
from consents.models import AgeLimit, Channel, Controller, LegalBasis, NoticeVersion, Purpose, PurposeVersion
from consents.models.reference import ReconsentPolicy, in_force
from consents.state import time
from consents.state.contact_points import ADDRESSED_BY


@dataclass(frozen=True)
class PermissionQuestion:
    """What is asked: may people be reached for this purpose, on this channel, at `as_of` (None: now)?

    known_at: of what had been recorded by then (None: by now).
    """

    purpose: Purpose
    channel: str
    controller: Controller
    recipient: str | None = None
    as_of: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True)
class PermissionRules:
    """What the gate needs to know: its named parameters, and which kind of way leads to a person."""

    parameters: dict
    by_consent: bool
    addressed: bool


def question(
    purpose: str, channel: str, *, recipient=None, as_of=None, known_at=None, controller="own"
) -> PermissionQuestion:
    """The question in the words of the database. Raises UnknownQuestion."""
    if channel not in Channel.values:
        raise UnknownQuestion(what=_("channel"), name=channel)
    found = Purpose.objects.filter(key=purpose).first()
    if found is None:
        raise UnknownQuestion(what=_("purpose"), name=purpose)
    owner = Controller.objects.filter(key=controller).first()
    if owner is None:
        raise UnknownQuestion(what=_("controller"), name=controller)
    return PermissionQuestion(found, channel, owner, recipient, as_of, known_at)


def rules(asked: PermissionQuestion) -> PermissionRules:
    """The rules in force for `asked`."""
    moment = asked.as_of or datetime.now(UTC)
    today = moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    versions = list(PurposeVersion.objects.filter(purpose=asked.purpose, published_at__lte=moment))
    version = in_force(versions, moment) if asked.purpose.active else None
    by_consent = version is None or version.legal_basis == LegalBasis.CONSENT
    addressed = asked.channel in ADDRESSED_BY
    parameters = time.parameters(as_of=asked.as_of, known_at=asked.known_at) | {
        "purpose": asked.purpose.pk,
        "channel": asked.channel,
        "controller": asked.controller.pk,
        "kind": ADDRESSED_BY.get(asked.channel, ""),
        "as_of": moment,
        "today": today,
        "marketing": asked.purpose.direct_marketing or asked.purpose.profiling,
        "has_basis": version is not None,
        "heeds_age": by_consent or asked.purpose.direct_marketing,
        "min_age": version and version.min_age,
        "recipient": asked.recipient is not None,
        "without_a_way": "consent_missing" if by_consent else "no_contact_point" if addressed else "",
    }
    return PermissionRules(parameters | _ages(today) | _words(asked, versions, moment), by_consent, addressed)


def _ages(today: date) -> dict:
    """The age limit of each country: one that an officer confirmed goes before one that is only proposed."""
    limits = AgeLimit.objects.filter(valid_from__lte=today).order_by("country", "-confirmed", "-valid_from")
    years = {limit.country: limit.years for limit in limits.distinct("country")}
    return {
        "countries": list(years),
        "ages": list(years.values()),
        "highest_age": max(years.values(), default=0),
    }


def _words(asked: PermissionQuestion, versions: list[PurposeVersion], moment: datetime) -> dict:
    """Which versions and notices no longer do, and which notices name the recipient."""
    strict = [version for version in versions if version.reconsent == ReconsentPolicy.REQUIRE]
    newest = max((version.number for version in strict), default=0)
    notices = list(
        NoticeVersion.objects.filter(purposes__purpose=asked.purpose, published_from__lte=moment)
        .only("id", "key", "version", "material_change", "recipients")
        .distinct()
    )
    return {
        "outdated": [version.pk for version in versions if version.number < newest],
        "replaced": _replaced(notices, {version.pk for version in strict}),
        "naming": [notice.pk for notice in notices if asked.recipient in notice.recipients],
    }


def _replaced(notices: list[NoticeVersion], strict: set) -> list:
    """Notices before a material change of their words, under rules that ask people again."""
    asks_again = NoticeVersion.purposes.through.objects.filter(purposeversion__in=strict)
    material = set(asks_again.values_list("noticeversion_id", flat=True)) if strict else set()
    last = {}
    for notice in notices:
        if notice.material_change and notice.pk in material:
            last[notice.key] = max(last.get(notice.key, 0), notice.version)
    return [notice.pk for notice in notices if notice.version < last.get(notice.key, 0)]
