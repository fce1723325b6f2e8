"""The screens of purposes, notices, age limits and suppressions: drafts are written, what is published stands."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consents.models import AgeLimit, NoticeVersion, Purpose, PurposeVersion, Suppression
from consents.notices import publishing
from tests import builders
from tests.consents import building as consent

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    client = Client()
    client.force_login(builders.user(roles=["Compliance officer"]))
    return client


@pytest.fixture
def news():
    return consent.purpose()


def text(response) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


# --- Suppression ----------------------------------------------------------------------------------------------------


def test_an_address_is_suppressed_tested_and_lifted_with_a_reason(officer):
    add, test = (reverse(f"admin:consents_suppression_{name}") for name in ("add", "test"))
    asked = {"namespace": "email", "address": " Bo@Example.dk"}
    assert "is not suppressed" in text(officer.post(test, asked))

    officer.post(add, asked | {"channel": "none", "reason": "complaint"})
    assert "This address is suppressed" in text(officer.post(test, asked))

    shown = officer.get(reverse("admin:consents_suppression_changelist"))
    (row,) = shown.context["cl"].result_list
    lift = reverse("admin:consents_suppression_lift", args=[row.entry])
    officer.post(lift, {"reason": ""})
    assert Suppression.objects.filter(lifted_at=None).exists()
    officer.post(lift, {"reason": "typed wrongly"})
    assert not Suppression.objects.filter(lifted_at=None).exists()
    assert "bo@example.dk" not in text(shown).lower()


def test_nonsense_is_no_address(officer):
    answer = officer.post(
        reverse("admin:consents_suppression_test"), {"namespace": "email", "address": "nonsense"}, follow=True
    )

    assert "This is no address or number" in text(answer)


# --- Purposes and notices -------------------------------------------------------------------------------------------


def test_a_purpose_gets_a_draft_that_is_published_and_then_stands(officer, news):
    officer.post(reverse("admin:consents_purpose_version", args=[news.pk]))
    officer.post(reverse("admin:consents_purpose_version", args=[news.pk]))
    draft = PurposeVersion.objects.get(published_at=None)
    change = reverse("admin:consents_purposeversion_change", args=[draft.pk])
    rules = {"legal_basis": "consent", "valid_months": "12", "reconsent": "require", "data_categories": "e-mail\nname"}

    officer.post(change, rules | {"description_en": "News", "description_da": "Nyheder", "description_sv": ""})
    officer.post(reverse("admin:consents_purposeversion_publish", args=[draft.pk]))

    draft.refresh_from_db()
    assert (draft.number, draft.valid_months, draft.data_categories) == (2, 12, ["e-mail", "name"])
    assert draft.description == {"en": "News", "da": "Nyheder"}
    assert draft.published_at is not None
    assert officer.post(change, rules).status_code == 403


def test_a_notice_is_written_numbered_published_and_compared(officer, news):
    consent.notice(news, key="w", text="Ja tak.\nTo mails om ugen.")
    said = {
        "key": "w",
        "language": "da",
        "text": "Ja tak.\nFire mails om ugen.",
        "withdrawal_text": "Klik på linket.",
        "purposes": [news.versions.get().pk],
        "recipients": "Nordlys A/S\nHavn AB",
        "material_change": "on",
    }

    officer.post(reverse("admin:consents_noticeversion_add"), said)
    draft = NoticeVersion.objects.get(published_from=None)
    officer.post(reverse("admin:consents_noticeversion_publish", args=[draft.pk]))
    shown = text(officer.get(reverse("admin:consents_noticeversion_change", args=[draft.pk])))

    draft.refresh_from_db()
    assert (draft.version, draft.recipients) == (2, ["Nordlys A/S", "Havn AB"])
    assert '<del class="k-removed">To mails om ugen.' in shown
    assert '<ins class="k-added">Fire mails om ugen.' in shown
    officer.post(reverse("admin:consents_noticeversion_version", args=[draft.pk]))
    assert NoticeVersion.objects.filter(key="w", version=3, published_from=None).count() == 1


def test_who_publishes_a_notice_states_since_when_it_is_in_use(officer, news):
    draft = publishing.new_notice_version(consent.notice(news, key="w", since=builders.days_ago(900)), by=None)
    publish = reverse("admin:consents_noticeversion_publish", args=[draft.pk])
    change = reverse("admin:consents_noticeversion_change", args=[draft.pk])

    assert 'name="in_use_from"' in text(officer.get(change))
    assert "Enter a valid date/time." in text(officer.post(publish, {"in_use_from": "long ago"}, follow=True))
    officer.post(publish, {"in_use_from": "2025-03-01 10:00"})
    draft.refresh_from_db()
    assert timezone.localtime(draft.published_from).isoformat() == "2025-03-01T10:00:00+01:00"
    shown = text(officer.get(change))
    assert "2025-03-01 10:00" in shown
    assert f"{timezone.localdate():%Y-%m-%d}" in shown


def test_purposes_are_boxes_to_tick(officer, news):
    for page in ("collectionpoint", "noticeversion"):
        shown = text(officer.get(reverse(f"admin:consents_{page}_add")))
        assert '<input type="checkbox" name="purposes"' in shown, page


def test_a_notice_that_lacks_something_is_not_published(officer, news):
    draft = publishing.new_notice_version(consent.notice(news, key="w"), by=None, covers=[])

    answer = officer.post(reverse("admin:consents_noticeversion_publish", args=[draft.pk]), follow=True)

    assert "Name the purposes that these words are about." in text(answer)
    assert NoticeVersion.objects.get(pk=draft.pk).published_from is None


def test_an_age_limit_is_confirmed_and_a_change_is_confirmed_anew(officer):
    limit = AgeLimit.objects.create(country="EE", years=15, valid_from="2024-01-01", reason="law")

    officer.post(reverse("admin:consents_agelimit_confirm", args=[limit.pk]))
    assert AgeLimit.objects.get(country="EE").confirmed

    said = {"country": "EE", "years": "13", "valid_from": "2024-01-01", "reason": "law"}
    officer.post(reverse("admin:consents_agelimit_change", args=[limit.pk]), said)
    limit.refresh_from_db()
    assert (limit.years, limit.confirmed) == (13, False)


@pytest.mark.parametrize("name", ["purpose", "noticeversion", "collectionpoint", "controller", "agelimit"])
def test_reference_data_is_shown_and_never_deleted(officer, news, name):
    consent.notice(news)
    consent.point(news)
    listed = officer.get(reverse(f"admin:consents_{name}_changelist"))
    row = listed.context["cl"].result_list[0]

    text(officer.get(reverse(f"admin:consents_{name}_change", args=[row.pk])))
    text(officer.get(reverse(f"admin:consents_{name}_history", args=[row.pk])))

    assert officer.post(reverse(f"admin:consents_{name}_delete", args=[row.pk])).status_code == 403
    assert Purpose.objects.filter(pk=news.pk).exists()


@pytest.mark.parametrize("key", ["00000000-0000-7000-8000-000000000000", "987654321", "nonsense"])
@pytest.mark.parametrize(
    "act", ["purpose_version", "purposeversion_publish", "noticeversion_publish", "noticeversion_version",
            "agelimit_confirm"]
)  # fmt: skip
def test_an_act_on_a_row_that_is_none_is_not_found(officer, act, key):
    assert officer.post(reverse(f"admin:consents_{act}", args=[key])).status_code == 404
