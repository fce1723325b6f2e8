"""The one decision: what is allowed, what is not, the reason given; for one person, for many, and as a condition."""

from datetime import date, datetime, timedelta

import pytest

from consents.errors import UnknownQuestion
from consents.models import AgeLimit, ConsentRecord
from consents.permission.decision import decide, reachable
from consents.permission.rules import question, rules
from profiles.models import Profile
from profiles.vault import blind
from tests import builders
from tests.consents import building as consent
from tests.profiles.building import person, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def news():
    return consent.purpose()


@pytest.fixture
def anna():
    return person(email="anna@example.dk", external_id="A", country="DK", birth_date="1980-05-01")


def reason(profile, channel="email", purpose="newsletter", **asked) -> str:
    return decide(profile, purpose=purpose, channel=channel, **asked).reason


def at_address(profile, purpose, state="ConsentGiven", address="anna@example.dk", **said):
    return consent.say(profile, purpose, state, channel="email", contact=("email", address), **said)


def test_the_answer_names_the_entry_the_moment_and_the_address_it_rests_on(news, anna):
    position = at_address(anna, news, days_ago=3)

    answer = decide(anna, purpose="newsletter", channel="email")

    record = ConsentRecord.objects.get()
    assert (answer.allowed, answer.reason, answer.reasons) == (True, "allowed", ())
    assert (answer.position, answer.since, answer.contact_ref) == (position, record.effective_at, record.contact_ref)
    assert answer.identifier == ("email", blind("email", "anna@example.dk"))
    assert answer.sentence == "Allowed."


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("ConsentRequested", "consent_missing"),
        ("ConsentRequestDeferred", "consent_missing"),
        ("ConsentRefused", "consent_refused"),
        ("ConsentGiven", "allowed"),
        ("RenewedConsentGiven", "allowed"),
        ("ConsentInvalidated", "consent_invalidated"),
        ("ConsentRevoked", "consent_revoked"),
        ("ConsentWithdrawn", "consent_withdrawn"),
        ("ConsentExpired", "consent_expired"),
    ],
)
def test_only_a_yes_allows(news, anna, state, expected):
    consent.say(anna, news, state, channel="email")

    assert reason(anna) == expected


def test_a_double_opt_in_that_waits_reaches_nobody(news, anna):
    site = consent.point(news, key="double", needs_double_opt_in=True)
    consent.say(anna, news, channel="email", collection_point=site.key)

    assert reason(anna) == "doi_pending"
    assert not Profile.objects.filter(reachable(question("newsletter", "email"))).exists()


def test_channels_and_purposes_have_their_own_answers(news, anna):
    consent.purpose("offers")
    consent.say(anna, news, channel="email")
    consent.say(anna, news, channel="post")
    consent.say(anna, news, "ConsentWithdrawn", channel="email")

    assert (reason(anna), reason(anna, "post"), reason(anna, "post", "offers")) == (
        "consent_withdrawn",
        "allowed",
        "consent_missing",
    )


# --- Validity and words -----------------------------------------------------------------------------------------------


def test_a_consent_runs_out_with_its_last_local_day_whether_a_job_ran_or_not(anna):
    consent.purpose("yearly", valid_months=24)
    yearly = consent.Purpose.objects.get(key="yearly")
    consent.say(anna, yearly, at=datetime.fromisoformat("2024-02-29T10:00:00+01:00"))
    end = datetime.fromisoformat("2026-02-28T23:59:59.999999+01:00")

    asked = [reason(anna, "none", "yearly", as_of=moment) for moment in (end, end + timedelta(microseconds=1))]

    assert asked == ["allowed", "consent_expired"]
    assert reason(anna, "none", "yearly") == "consent_expired"


def test_a_renewal_before_the_end_begins_a_new_period(anna):
    yearly = consent.purpose("yearly", valid_months=12)
    consent.say(anna, yearly, days_ago=500)
    first = ConsentRecord.objects.get().validity_until
    consent.say(anna, yearly, "RenewedConsentGiven", at=first - timedelta(days=1))

    record = ConsentRecord.objects.get()
    assert record.state == "RenewedConsentGiven"
    assert record.validity_until > first + timedelta(days=360)
    assert reason(anna, "none", "yearly", as_of=first + timedelta(days=30)) == "allowed"


@pytest.mark.parametrize(("policy", "expected"), [("require", "outdated_notice"), ("keep", "allowed")])
def test_rules_that_ask_again_end_earlier_consents_for_the_new_version_only(news, anna, policy, expected):
    consent.say(anna, news, channel="email", days_ago=5)
    second = consent.publish(news, since=builders.days_ago(3), reconsent=policy)

    assert reason(anna) == expected
    assert reason(anna, as_of=builders.days_ago(4)) == "allowed"
    assert ConsentRecord.objects.get().state == "ConsentGiven"
    consent.notice(news, key="words-newsletter", since=builders.days_ago(2))
    consent.say(anna, news, channel="email", days_ago=1)
    assert ConsentRecord.objects.get().purpose_version == second
    assert reason(anna) == "allowed"


@pytest.mark.parametrize(("material", "expected"), [(True, "outdated_notice"), (False, "allowed")])
def test_new_words_ask_again_only_when_they_say_something_new(anna, material, expected):
    offers = consent.purpose("offers")
    consent.publish(offers, reconsent="require", since=consent.LONG_AGO)
    consent.notice(offers, key="w")
    consent.say(anna, offers, channel="email", days_ago=5, notice=("w", "da", 1))

    consent.notice(offers, key="w", since=builders.days_ago(2), material_change=material)

    assert reason(anna, purpose="offers") == expected
    consent.say(anna, offers, channel="email", days_ago=1, notice=("w", "da", 2))
    assert reason(anna, purpose="offers") == "allowed"


def test_a_recipient_must_be_named_in_the_words(news, anna):
    consent.notice(news, key="w", recipients=["Nordlys A/S"], since=builders.days_ago(9))
    consent.say(anna, news, days_ago=5, notice=("w", "da", 1))
    consent.notice(news, key="w", recipients=["Nordlys A/S", "Havn AB"], since=builders.days_ago(2))

    assert reason(anna, "none", recipient="Nordlys A/S") == "allowed"
    assert reason(anna, "none", recipient="Havn AB") == "recipient_not_named"
    assert reason(anna, "none") == "allowed"


def test_a_purpose_without_rules_or_closed_has_no_basis(news, anna):
    consent.say(anna, news, channel="email", days_ago=2)
    consent.Purpose.objects.create(key="empty", title="Empty")
    news.active = False
    news.save()

    assert (reason(anna), reason(anna, purpose="empty")) == ("no_basis", "no_basis")


def test_another_legal_basis_needs_no_consent_but_an_address(anna):
    consent.purpose("orders", legal_basis="contract", direct_marketing=False)

    assert (reason(anna, "none", "orders"), reason(anna, "email", "orders")) == ("allowed", "allowed")
    assert reason(anna, "sms", "orders") == "no_contact_point"
    assert reason(person(), "email", "orders") == "no_contact_point"


def test_what_does_not_exist_cannot_be_asked_about(news, anna):
    for asked in (
        {"purpose": "nothing", "channel": "email"},
        {"purpose": "newsletter", "channel": "fax"},
        {"purpose": "newsletter", "channel": "email", "controller": "nobody"},
    ):
        with pytest.raises(UnknownQuestion):
            decide(anna, **asked)


# --- Addresses --------------------------------------------------------------------------------------------------------


def test_a_consent_for_an_address_the_person_no_longer_has_reaches_nobody(news, anna):
    at_address(anna, news, days_ago=2)

    say(external_id="A", email="new@example.dk")

    assert reason(anna) == "no_contact_point"


def test_a_yes_without_an_address_never_revives_an_address_that_said_no(news, anna):
    at_address(anna, news, "ConsentWithdrawn", days_ago=2)
    consent.say(anna, news, channel="email", days_ago=1)

    assert reason(anna) == "consent_withdrawn"


@pytest.mark.parametrize(("yes_days_ago", "expected"), [(3, "consent_withdrawn"), (1, "allowed")])
def test_a_no_without_an_address_ends_what_was_allowed_before_it(news, anna, yes_days_ago, expected):
    at_address(anna, news, days_ago=yes_days_ago)
    consent.say(anna, news, "ConsentWithdrawn", channel="email", days_ago=2)

    assert reason(anna) == expected


# --- Age --------------------------------------------------------------------------------------------------------------


def limits(**years):
    for country, limit in years.items():
        AgeLimit.objects.create(country=country, years=limit, valid_from="2020-01-01", reason="law", confirmed=True)


def child(country, years, **fields):
    today = date.today()
    birth = today.replace(year=today.year - years, day=1)
    return person(country=country, birth_date=birth.isoformat(), email=f"{country}{years}@example.dk", **fields)


def test_a_child_consents_alone_only_from_the_age_of_the_country(news):
    limits(DK=15, SE=13)
    people = {"danish 14": child("DK", 14), "swedish 14": child("SE", 14), "danish 15": child("DK", 15)}
    for somebody in people.values():
        consent.say(somebody, news, channel="email")

    assert {who: reason(somebody) for who, somebody in people.items()} == {
        "danish 14": "guardian_missing",
        "swedish 14": "allowed",
        "danish 15": "allowed",
    }


def test_an_age_limit_begins_with_the_local_day(news):
    limits(DK=18)
    AgeLimit.objects.create(country="DK", years=13, valid_from="2026-03-02", reason="law", confirmed=True)

    def limit(moment):
        found = rules(question(news.key, "email", as_of=datetime.fromisoformat(moment))).parameters
        return dict(zip(found["countries"], found["ages"], strict=True))["DK"]

    assert (limit("2026-03-01T22:59:59+00:00"), limit("2026-03-01T23:00:00+00:00")) == (18, 13)


def test_a_guardian_may_consent_for_a_child(news):
    limits(DK=15)
    young = child("DK", 12)
    assert reason(young) == "minor"

    consent.say(young, news, channel="email", actor_kind="guardian")

    assert reason(young) == "allowed"
    assert Profile.objects.filter(reachable(question("newsletter", "email"))).get() == young


def test_an_unknown_country_counts_as_the_strictest_and_a_purpose_may_ask_for_more(news):
    limits(DK=15, NO=16)
    abroad, grown = child("IS", 15), child("DK", 17)
    wine = consent.purpose("wine", min_age=18)
    for asked in (news, wine):
        consent.say(abroad, asked, channel="email")
        consent.say(grown, asked, channel="email")

    assert (reason(abroad), reason(grown), reason(grown, purpose="wine")) == (
        "guardian_missing",
        "allowed",
        "guardian_missing",
    )
