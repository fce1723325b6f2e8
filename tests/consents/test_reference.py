"""Purposes and notices: what a version must say before it is published, and that it stands from then on."""

import hashlib

import pytest
from django.db import IntegrityError, transaction

from consents import reference
from consents.models import NoticeVersion, Purpose, PurposeVersion
from consents.refusals import AlreadyPublished, NotPublishable
from tests import builders
from tests.consents import building as consent

pytestmark = pytest.mark.django_db


def draft(**fields) -> NoticeVersion:
    said = {"text": "Ja tak.", "withdrawal_text": "Klik her."} | fields
    return NoticeVersion.objects.create(key="words", language="da", version=1, **said)


def lacks(verb, version) -> set[str]:
    with pytest.raises(NotPublishable) as refused:
        verb(version, by=None)
    return {f"{error['pointer']}:{error['code']}" for error in refused.value.errors}


def test_a_notice_tells_how_to_withdraw_and_what_it_is_about():
    unpublished = PurposeVersion.objects.create(purpose=Purpose.objects.create(key="p", title="P"), number=1)
    empty = draft(text=" ", withdrawal_text=" ")

    assert lacks(reference.publish_notice, empty) == {"/text:missing", "/withdrawal_text:missing", "/purposes:missing"}
    empty.purposes.add(unpublished)
    assert "/purposes:not_published" in lacks(reference.publish_notice, empty)


def test_a_published_notice_carries_the_hash_of_its_exact_bytes():
    text = "Ja tak – æøå\r\n  til nyheder"
    words = draft(text=text)
    words.purposes.set(consent.purpose().versions.all())

    reference.publish_notice(words, by=builders.user())

    assert NoticeVersion.objects.get().sha256 == hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_new_words_end_the_words_before_them_in_that_language():
    news = consent.purpose()
    danish, swedish = consent.notice(news), consent.notice(news, language="sv")
    moment = builders.days_ago(1)

    consent.notice(news, since=moment)

    danish.refresh_from_db(), swedish.refresh_from_db()
    assert (danish.published_to, swedish.published_to) == (moment, None)


def test_a_purpose_version_says_what_for_and_asks_again_only_of_somebody():
    purpose = Purpose.objects.create(key="p", title="P")
    first = reference.new_purpose_version(purpose, by=None, reconsent="require")

    assert lacks(reference.publish_purpose_version, first) == {"/description:missing", "/reconsent:first_version"}


def test_a_new_version_begins_with_the_rules_of_the_last():
    news, officer = consent.purpose(valid_months=24, min_age=18), builders.user()

    second = reference.new_purpose_version(news, by=officer, valid_months=12)

    assert (second.number, second.valid_months, second.min_age, second.published_at) == (2, 12, 18, None)
    assert second.history.get().history_user_id == officer.pk


@pytest.mark.parametrize("version", ["notice", "purpose"])
def test_a_published_version_is_not_published_again_nor_changed_by_anyone(version):
    news = consent.purpose()
    words = consent.notice(news)
    published = words if version == "notice" else news.versions.get()
    publish = reference.publish_notice if version == "notice" else reference.publish_purpose_version

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
