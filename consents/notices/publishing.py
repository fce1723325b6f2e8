"""What may be asked, in which words: new versions of purposes and notices, and their publication."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cdp.base.database import clock, locks
from cdp.base.database.history import one_change
from cdp.base.database.locks import Lock
from consents.errors import AlreadyPublished, NotPublishable
from consents.models import VALID_STATES, AgeLimit, Ledger, NoticeVersion, Purpose, PurposeVersion
from consents.models.reference import ReconsentPolicy


@transaction.atomic
def purpose_draft(purpose: Purpose, *, by) -> PurposeVersion:
    """The draft that may be published next, made with the rules of the newest version if there is none."""
    _hold_versions(purpose)
    drafts = purpose.versions.filter(published_at=None, number__gt=_newest_rules(purpose))
    return drafts.order_by("-number").first() or new_purpose_version(purpose, by=by)


@transaction.atomic
def new_purpose_version(purpose: Purpose, *, by, **changes) -> PurposeVersion:
    """A draft with the rules of the newest version and `changes` (fields of PurposeVersion)."""
    _hold_versions(purpose)
    last = purpose.versions.order_by("-number").first()
    version = PurposeVersion(purpose=purpose, number=last.number + 1 if last else 1)
    for field in ("description", "legal_basis", "special_category", "data_categories", "valid_months", "min_age"):
        setattr(version, field, getattr(last, field) if last else getattr(version, field))
    for field, value in changes.items():
        setattr(version, field, value)
    return _saved(version, by)


@transaction.atomic
def publish_purpose_version(version: PurposeVersion, *, by, in_force_from: datetime | None = None) -> PurposeVersion:
    """From now on, or from `in_force_from`, these rules are in force. Raises NotPublishable, AlreadyPublished."""
    _hold_versions(version.purpose)
    version.refresh_from_db()
    if version.published_at:
        raise AlreadyPublished
    _refuse_for(
        [*_purpose_violations(version), *_number_violations("number", version.number, _newest_rules(version.purpose))]
    )
    version.published_at = in_force_from or clock.now()
    return _saved(version, by)


def _purpose_violations(version: PurposeVersion) -> list[tuple[str, str, str]]:
    violations = []
    if not any(str(text).strip() for text in version.description.values()):
        violations.append(("description", "missing", _("Say in words what the data is used for.")))
    if version.reconsent == ReconsentPolicy.REQUIRE and version.number == 1:
        violations.append(("reconsent", "first_version", _("The first version has no earlier consents to ask again.")))
    return violations


def _number_violations(field: str, number: int, newest: int) -> list[tuple[str, str, str]]:
    """Versions come into force in the order of their numbers."""
    if number > newest:
        return []
    late = _("Version %(n)s is published already, and older drafts are not any more: make a new version.")
    return [(field, "before_later_version", late % {"n": newest})]


def _newest_rules(purpose: Purpose) -> int:
    published = purpose.versions.filter(published_at__isnull=False)
    return max(published.values_list("number", flat=True), default=0)


def _hold_versions(purpose: Purpose) -> None:
    """Until commit nobody else makes or publishes a version of this purpose."""
    Purpose.objects.select_for_update(no_key=True).get(pk=purpose.pk)


@transaction.atomic
def notice_draft(notice: NoticeVersion, *, by) -> NoticeVersion:
    """The draft of this key and language that may be published next, made with the words of `notice` if none is."""
    locks.wait_for(Lock.NOTICE_VERSIONS)
    drafts = _same_words(notice).filter(published_from=None, version__gt=_newest_words(notice))
    return drafts.order_by("-version").first() or new_notice_version(notice, by=by)


@transaction.atomic
def new_notice_version(notice: NoticeVersion, *, by, covers=None, **changes) -> NoticeVersion:
    """A draft with the words of `notice` and `changes`. `covers`: purpose versions; those of `notice` if not given."""
    fields = {"text": notice.text, "withdrawal_text": notice.withdrawal_text, "recipients": notice.recipients}
    number = next_notice_number(notice.key, notice.language)
    draft = NoticeVersion(key=notice.key, language=notice.language, version=number, **(fields | changes))
    draft._history_user = by
    with one_change(draft):
        draft.save()
        draft.purposes.set(notice.purposes.all() if covers is None else covers)
    return draft


def next_notice_number(key: str, language: str) -> int:
    """The number of the next version of these words in this language, which nobody else can take until commit."""
    locks.wait_for(Lock.NOTICE_VERSIONS)
    numbers = NoticeVersion.objects.filter(key=key, language=language).values_list("version", flat=True)
    return max(numbers, default=0) + 1


@transaction.atomic
def publish_notice(notice: NoticeVersion, *, by, in_use_from: datetime | None = None) -> NoticeVersion:
    """These words are shown from now on, or have been since `in_use_from`; the version before them ended then.

    Its SHA-256 is that of the exact UTF-8 bytes of the words. Raises NotPublishable, AlreadyPublished.
    """
    locks.wait_for(Lock.NOTICE_VERSIONS)
    notice.refresh_from_db()
    if notice.published_from:
        raise AlreadyPublished
    since = in_use_from or clock.now()
    before = _same_words(notice).filter(published_from__isnull=False).order_by("published_from", "version").last()
    late = _number_violations("version", notice.version, _newest_words(notice))
    _refuse_for([*_notice_violations(notice), *late, *_period_violations(since, before)])
    if before and before.published_to is None:
        before.published_to = since
        _saved(before, by)
    notice.sha256 = hashlib.sha256(notice.text.encode()).hexdigest()
    notice.published_from = since
    return _saved(notice, by)


def _same_words(notice: NoticeVersion) -> QuerySet[NoticeVersion]:
    return NoticeVersion.objects.filter(key=notice.key, language=notice.language)


def _newest_words(notice: NoticeVersion) -> int:
    published = _same_words(notice).filter(published_from__isnull=False)
    return max(published.values_list("version", flat=True), default=0)


def _notice_violations(notice: NoticeVersion) -> list[tuple[str, str, str]]:
    violations = []
    if not notice.text.strip():
        violations.append(("text", "missing", _("Give the words as they are shown.")))
    if not notice.withdrawal_text.strip():
        violations.append(
            ("withdrawal_text", "missing", _("Say how the consent is withdrawn; the law asks for it before."))
        )
    if not notice.purposes.exists():
        violations.append(("purposes", "missing", _("Name the purposes that these words are about.")))
    if notice.purposes.filter(published_at=None).exists():
        violations.append(("purposes", "not_published", _("Publish the purpose versions first.")))
    return violations


def _period_violations(since: datetime, before: NoticeVersion | None) -> list[tuple[str, str, str]]:
    """What is wrong with words in use since that moment, after the words `before` them."""
    if since > clock.now():
        return [("in_use_from", "in_the_future", _("Words are in use from now on, or since a moment in the past."))]
    if before is None:
        return []
    said = {"n": before.version, "when": date_format(timezone.localtime(before.published_from), "DATETIME_FORMAT")}
    if since < before.published_from:
        late = _(
            "Version %(n)s is in use since %(when)s, and a later one begins after it: give older words another key."
        )
        return [("in_use_from", "before_earlier_version", late % said)]
    if Ledger.objects.filter(notice_version=before, state__in=VALID_STATES, effective_at__gte=since).exists():
        answered = _("People answered to version %(n)s after that moment, so it was still in use.")
        return [("in_use_from", "earlier_version_answered", answered % said)]
    return []


def _refuse_for(violations: list[tuple[str, str, str]]) -> None:
    if violations:
        errors = [{"pointer": f"/{field}", "code": code, "detail": str(detail)} for field, code, detail in violations]
        raise NotPublishable(errors=errors, lacks=" ".join(error["detail"] for error in errors))


def _saved(version, by):
    version._history_user = by
    version.save()
    return version


@transaction.atomic
def confirm_age_limit(limit: AgeLimit, *, by) -> AgeLimit:
    """A compliance officer stands for this limit; it goes before those that are only proposed."""
    limit.confirmed = True
    return _saved(limit, by)
