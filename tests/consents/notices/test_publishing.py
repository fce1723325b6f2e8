"""Purposes and notices: what a version must say before it is published, and that it stands from then on."""

import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from consents.errors import AlreadyPublished, NotPublishable, NotRecorded
from consents.models import Ledger, NoticeVersion, Purpose, PurposeVersion
from consents.models.reference import in_force
from consents.notices import publishing
from consents.permission.rules import question, rules
from tests import builders
from tests.at_once import at_once
from tests.consents import building as consent
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


def draft(**fields) -> NoticeVersion:
    said = {"text": "Ja tak.", "withdrawal_text": "Klik her.", "version": 1} | fields
    return NoticeVersion.objects.create(key="words", language="da", **said)


def lacks(verb, version) -> set[str]:
    with pytest.raises(NotPublishable) as refused:
        verb(version, by=None)
    return {f"{error['pointer']}:{error['code']}" for error in refused.value.errors}


def test_a_notice_tells_how_to_withdraw_and_what_it_is_about():
    unpublished = PurposeVersion.objects.create(purpose=Purpose.objects.create(key="p", title="P"), number=1)
    empty = draft(text=" ", withdrawal_text=" ")

    assert lacks(publishing.publish_notice, empty) == {"/text:missing", "/withdrawal_text:missing", "/purposes:missing"}
    empty.purposes.add(unpublished)
    assert "/purposes:not_published" in lacks(publishing.publish_notice, empty)


def test_a_published_notice_carries_the_hash_of_its_exact_bytes():
    text = "Ja tak – æøå\r\n  til nyheder"
    words = draft(text=text)
    words.purposes.set(consent.purpose().versions.all())

    publishing.publish_notice(words, by=builders.user())

    assert NoticeVersion.objects.get().sha256 == hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_new_words_end_the_words_before_them_in_that_language():
    news = consent.purpose()
    danish, swedish = consent.notice(news), consent.notice(news, language="sv")
    moment = builders.days_ago(1)

    consent.notice(news, since=moment)

    danish.refresh_from_db(), swedish.refresh_from_db()
    assert (danish.published_to, swedish.published_to) == (moment, None)


def test_words_say_since_when_they_were_in_use_and_answers_from_then_are_taken():
    news, since = consent.purpose(), builders.days_ago(100)
    officer, anna = builders.user(), person()
    words = draft()
    words.purposes.set(news.versions.all())

    publishing.publish_notice(words, by=officer, in_use_from=since)

    consent.say(anna, news, days_ago=99, notice=("words", "da", 1))
    with pytest.raises(NotRecorded) as refused:
        consent.say(anna, news, days_ago=101, notice=("words", "da", 1))
    assert [one.violation.code for one in refused.value.refused] == ["notice_not_in_use"]
    stated = words.history.filter(published_from__isnull=False).get()
    assert (stated.published_from, stated.history_user_id) == (since, officer.pk)
    assert stated.history_date > builders.days_ago(1)


@pytest.mark.parametrize(
    ("days", "code"),
    [(-1, "in_the_future"), (51, "before_earlier_version"), (20, "earlier_version_answered"), (5, None)],
)
def test_words_begin_after_the_words_before_them_and_after_all_answers_to_those(days, code):
    news = consent.purpose()
    consent.notice(news, since=builders.days_ago(50))
    consent.say(person(), news, days_ago=10, notice=("words", "da", 1))
    later = draft(version=2)
    later.purposes.set(news.versions.all())
    since = builders.days_ago(days)

    if code:
        with pytest.raises(NotPublishable) as refused:
            publishing.publish_notice(later, by=None, in_use_from=since)
        assert [error["code"] for error in refused.value.errors] == [code]
    else:
        publishing.publish_notice(later, by=None, in_use_from=since)
    periods = NoticeVersion.objects.order_by("version").values_list("published_to", "published_from")
    assert [to for to, _from in periods] == ([None, None] if code else [since, None])


def test_the_database_lets_one_version_of_a_notice_be_in_use_at_a_time():
    news = consent.purpose()
    consent.notice(news), consent.notice(news, language="sv"), consent.notice(news, key="other")
    other = draft(version=2, sha256="x")

    with pytest.raises(IntegrityError, match="consents_noticeversion_one_in_use"), transaction.atomic():
        other.published_from = builders.days_ago(3)
        other.save()


def test_a_purpose_version_says_what_for_and_asks_again_only_of_somebody():
    purpose = Purpose.objects.create(key="p", title="P")
    first = publishing.new_purpose_version(purpose, by=None, reconsent="require")

    assert lacks(publishing.publish_purpose_version, first) == {"/description:missing", "/reconsent:first_version"}


def test_versions_come_into_force_in_the_order_of_their_numbers():
    news = consent.purpose()
    second, third = (publishing.new_purpose_version(news, by=None, valid_months=months) for months in (12, 6))
    publishing.publish_purpose_version(third, by=None)
    words = consent.notice(news)
    later, latest = (publishing.new_notice_version(words, by=None) for _ in range(2))
    publishing.publish_notice(latest, by=None)

    assert lacks(publishing.publish_purpose_version, second) == {"/number:before_later_version"}
    assert lacks(publishing.publish_notice, later) == {"/version:before_later_version"}
    assert in_force(news.versions.all(), builders.now()) == third


def test_one_version_is_in_force_for_the_ledger_and_for_decisions():
    news = consent.purpose()
    consent.publish(news, since=builders.days_ago(1), legal_basis="contract")
    consent.publish(news, since=builders.days_ago(9), legal_basis="consent")
    consent.publish(news, since=builders.now() + timedelta(days=9), legal_basis="contract")

    consent.say(person(), news, "ConsentWithdrawn")

    assert Ledger.objects.get().purpose_version.number == 3
    assert rules(question("newsletter", "email")).by_consent
    assert in_force(news.versions.all(), builders.days_ago(5000)) is None


def test_a_draft_that_a_later_version_overtook_is_left_and_the_next_one_is_made():
    news = consent.purpose()
    words = consent.notice(news)
    for _ in range(2):
        rules_of_it, same_words = (
            publishing.new_purpose_version(news, by=None),
            publishing.new_notice_version(words, by=None),
        )
    publishing.publish_purpose_version(rules_of_it, by=None)
    publishing.publish_notice(same_words, by=None)

    drafts = [(publishing.purpose_draft(news, by=None), publishing.notice_draft(words, by=None)) for _ in range(2)]

    assert [(one.number, other.version) for one, other in drafts] == [(4, 4), (4, 4)]


def test_what_was_published_meanwhile_stands_whatever_an_older_copy_of_it_says():
    news = consent.purpose()
    older = publishing.new_purpose_version(news, by=None)
    publishing.publish_purpose_version(PurposeVersion.objects.get(pk=older.pk), by=None)
    words = publishing.new_notice_version(consent.notice(news), by=None)
    publishing.publish_notice(NoticeVersion.objects.get(pk=words.pk), by=None)

    with pytest.raises(AlreadyPublished):
        publishing.publish_purpose_version(older, by=None)
    with pytest.raises(AlreadyPublished):
        publishing.publish_notice(words, by=None)


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_for_a_draft_at_once_get_the_same_one():
    news = consent.purpose()
    words = consent.notice(news)

    rules_of_it = at_once(*[lambda: publishing.purpose_draft(news, by=None).number] * 4)
    same_words = at_once(*[lambda: publishing.notice_draft(words, by=None).version] * 4)

    assert (rules_of_it, same_words) == ([2] * 4, [2] * 4)


def test_a_new_version_begins_with_the_rules_of_the_last():
    news, officer = consent.purpose(valid_months=24, min_age=18), builders.user()

    second = publishing.new_purpose_version(news, by=officer, valid_months=12)

    assert (second.number, second.valid_months, second.min_age, second.published_at) == (2, 12, 18, None)
    assert second.history.get().history_user_id == officer.pk


@pytest.mark.parametrize("version", ["notice", "purpose"])
def test_a_published_version_is_not_published_again_nor_changed_by_anyone(version):
    news = consent.purpose()
    words = consent.notice(news)
    published = words if version == "notice" else news.versions.get()
    publish = publishing.publish_notice if version == "notice" else publishing.publish_purpose_version

    with pytest.raises(AlreadyPublished):
        publish(published, by=None)
    for change in (
        lambda: type(published).objects.filter(pk=published.pk).update(**{_words_of(version): "x"}),
        lambda: published.delete(),
        lambda: words.purposes.clear(),
    ):
        with pytest.raises(IntegrityError, match="is refused"), transaction.atomic():
            change()


def _words_of(version: str) -> str:
    return "text" if version == "notice" else "legal_basis"
