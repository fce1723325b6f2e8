"""The gate over many people: the same answer for one, for many and as a condition, in one statement."""

import pytest

from cdp.base.database.sql import execute
from consents.models import AgeLimit
from consents.overrides import objections, restrictions, suppressions
from consents.permission.decision import count_by_reason, decide, decide_many, reachable
from consents.permission.reasons import REASONS
from consents.permission.rules import question
from profiles.models import Profile
from tests.builders import days_ago
from tests.consents import building as consent
from tests.profiles.building import person
from tests.some import each

pytestmark = pytest.mark.django_db


@pytest.fixture
def news():
    return consent.purpose()


@pytest.fixture
def anna():
    return person(email="anna@example.dk")


def reason(profile, channel="email") -> str:
    return decide(profile, purpose="newsletter", channel=channel).reason


def test_an_erased_person_is_never_allowed(news, anna):
    consent.say(anna, news, channel="post")
    execute("UPDATE profiles_profile SET erased_at = now() WHERE id = %s", [anna.pk])

    assert reason(anna, "post") == "erased"
    assert not Profile.objects.filter(reachable(question("newsletter", "post"))).exists()


def test_all_denials_are_listed_in_the_order_they_are_asked(news, anna):
    suppressions.suppress(addresses=[("email", "anna@example.dk")], reason="complaint")
    objections.object_to(profile=anna.pk, source="webshop", source_event_id="o1")
    restrictions.restrict(profile=anna.pk, reason_code="disputed")

    answer = decide(anna, purpose="newsletter", channel="email")

    assert answer.reasons == ("suppressed", "objection", "restricted", "consent_missing")
    assert all(REASONS[one] for one in each(answer.reasons))


@pytest.fixture
def crowd(news):
    """One person of each kind that the gate tells apart."""
    AgeLimit.objects.create(country="DK", years=15, valid_from="2020-01-01", reason="law", confirmed=True)
    answers = {"yes": "ConsentGiven", "no": "ConsentRefused", "asked": "ConsentRequested", "silent": None}
    layered = {"objecting", "restricted", "suppressed", "bounced", "nowhere", "young"}
    people = {}
    for kind in [*answers, *sorted(layered)]:
        email = None if kind == "nowhere" else f"{kind}@example.dk"
        people[kind] = person(email=email, birth_date="2020-01-01" if kind == "young" else "1980-01-01", country="DK")
        if state := answers.get(kind, "ConsentGiven"):
            consent.say(people[kind], news, state, channel="email", days_ago=5)
    objections.object_to(profile=people["objecting"].pk, source="webshop", source_event_id="o")
    restrictions.restrict(profile=people["restricted"].pk, reason_code="x")
    suppressions.suppress(addresses=[("email", "suppressed@example.dk")], reason="legal")
    suppressions.suppress(addresses=[("email", "bounced@example.dk")], reason="hard_bounce")
    return people


EXPECTED = {
    "yes": "allowed",
    "no": "consent_refused",
    "asked": "consent_missing",
    "silent": "consent_missing",
    "objecting": "objection",
    "restricted": "restricted",
    "suppressed": "suppressed",
    "bounced": "suppressed",
    "nowhere": "no_contact_point",
    "young": "guardian_missing",
}


def test_one_and_many_and_the_condition_agree(crowd):
    names = {somebody.pk: kind for kind, somebody in crowd.items()}
    asked = question("newsletter", "email")

    one_by_one = {kind: reason(somebody) for kind, somebody in crowd.items()}
    by_ids = {names[answer.profile]: answer.reason for answer in decide_many(list(names), asked)}
    by_query = {names[answer.profile]: answer.reason for answer in decide_many(Profile.objects.all(), asked)}

    assert one_by_one == by_ids == by_query == EXPECTED
    assert set(Profile.objects.filter(reachable(question("newsletter", "email")))) == {crowd["yes"]}
    counted = count_by_reason(Profile.objects.all(), asked)
    assert counted == {code: list(EXPECTED.values()).count(code) for code in EXPECTED.values()}


def test_the_condition_and_its_opposite_cover_everybody(crowd):
    may = reachable(question("newsletter", "email"))

    assert set(Profile.objects.filter(may) | Profile.objects.filter(~may)) == set(crowd.values())
    assert not Profile.objects.filter(may).filter(~may).exists()


def test_the_condition_composes_and_may_be_narrowed(crowd):
    some = Profile.objects.filter(pk__in=[crowd["yes"].pk, crowd["no"].pk])

    for people in (some, [crowd["yes"].pk, crowd["no"].pk]):
        assert set(some.filter(reachable(question("newsletter", "email"), people=people))) == {crowd["yes"]}
    assert not some.filter(reachable(question("newsletter", "email"), people=[crowd["no"].pk])).exists()


def test_many_cost_as_many_statements_as_one(crowd, django_assert_num_queries):
    for people in ([crowd["yes"].pk], [somebody.pk for somebody in crowd.values()]):
        with django_assert_num_queries(6):
            assert len(decide_many(people, question("newsletter", "email"))) == len(people)


def test_another_moment_is_asked_of_one_person_only(crowd):
    then = question("newsletter", "email", as_of=days_ago(1))

    for ask in (decide_many, count_by_reason, lambda people, asked: reachable(asked, people=people)):
        with pytest.raises(ValueError, match="one person"):
            ask([crowd["yes"].pk], then)


def test_a_percent_sign_in_a_recipient_is_only_text(news, anna):
    consent.notice(news, key="w", recipients=["100 % Nordlys %s"])
    consent.say(anna, news, notice=("w", "da", 1))

    found = Profile.objects.filter(reachable(question("newsletter", "none", recipient="100 % Nordlys %s")))

    assert set(found.filter(identity_count__gte=1)) == {anna}
