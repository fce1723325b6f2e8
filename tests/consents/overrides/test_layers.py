"""What is stronger than consent, and what ends it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from cdp.base.errors import ReasonNeeded, ReasonTooLong
from consents.errors import BadMoment, NoAddress, NothingToEnd, SaidOtherwise, UnknownPerson
from consents.models import Objection, Suppression
from consents.overrides import objections, restrictions, suppressions
from consents.permission.decision import decide
from consents.proof import history
from profiles.models import Namespace
from tests import builders
from tests.builders import user
from tests.consents import building as consent
from tests.profiles.building import person
from tests.some import each

pytestmark = pytest.mark.django_db
CHANNELS = ["none", "email", "sms", "phone", "post", "push", "in_app", "ad_audience"]


@pytest.fixture
def anna():
    builders.source()
    return person(email="anna@example.dk", phone="+4520123456")


def object_to(profile, event="o1", **said):
    return objections.object_to(profile=profile.pk, source="webshop", source_event_id=event, **said)


def take_back(profile, event="t1", **said):
    return objections.take_back(profile=profile.pk, source="webshop", source_event_id=event, **said)


def reason(profile, purpose="newsletter", channel="email") -> str:
    return decide(profile, purpose=purpose, channel=channel).reason


def yes(profile, purpose, address="anna@example.dk", **said):
    return consent.say(profile, purpose, channel="email", contact=("email", address), **said)


def test_an_objection_denies_marketing_and_profiling_at_once_on_every_channel(anna):
    marketing = consent.purpose(direct_marketing=True)
    profiling = consent.purpose("profiling", direct_marketing=False, profiling=True)
    service = consent.purpose("service", direct_marketing=False, legal_basis="contract")
    for channel in CHANNELS:
        for asked in (marketing, profiling):
            consent.say(anna, asked, channel=channel, days_ago=2)

    object_to(anna)

    assert {reason(anna, key, channel) for key in ("newsletter", "profiling") for channel in CHANNELS} == {"objection"}
    assert decide(anna, purpose=service.key, channel="email").allowed


def test_a_reason_that_is_too_long_is_refused_and_not_cut(anna):
    long = "x" * 41
    object_to(anna)

    for act in (
        lambda reason: restrictions.restrict(profile=anna.pk, reason_code=reason),
        lambda reason: object_to(anna, "o2", reason_code=reason),
        lambda reason: take_back(anna, reason_code=reason),
    ):
        with pytest.raises(ReasonTooLong, match="at most 40"):
            act(long)
        assert act(long[:40]).reason_code == long[:40]


def test_a_partners_word_does_not_end_an_objection_a_direct_consent_does_for_its_purpose(anna):
    news, offers = consent.purpose(), consent.purpose("offers")
    feed = consent.point(news, offers, key="feed", kind="partner_feed", trust="partner_asserted")
    object_to(anna, effective_at=builders.days_ago(3))

    yes(anna, news, days_ago=2, collection_point=feed.key)
    assert reason(anna) == "objection"

    position = yes(anna, news, days_ago=1)
    assert decide(anna, purpose="newsletter", channel="email").allowed
    yes(anna, offers, days_ago=4)
    assert reason(anna, "offers") == "objection"
    ended = Objection.objects.filter(lifted=True).values_list("purpose__key", "source_event_id", "reason_code")
    assert list(ended) == [("newsletter", f"consent:{position}", "direct_consent")]


def test_what_was_opened_again_under_an_objection_is_what_decisions_no_longer_deny(anna):
    news, offers, service = (consent.purpose(key) for key in ("newsletter", "offers", "surveys"))
    own = consent.purpose("statements", direct_marketing=False)
    object_to(anna, effective_at=builders.days_ago(9))
    for name, purpose in (("o2", service), ("o3", own)):
        object_to(anna, name, purpose=purpose, effective_at=builders.days_ago(8))
    yes(anna, offers, days_ago=10)
    for purpose in (news, own):
        yes(anna, purpose, days_ago=3)
    objections.take_back(
        profile=anna.pk, purpose=service, source="webshop", source_event_id="o4", effective_at=builders.days_ago(2)
    )

    assert history.reopened(anna.pk) == [news, service]
    assert {reason(anna, key) for key in ("newsletter", "surveys")} == {"allowed", "consent_missing"}
    assert reason(anna, "offers") == "objection"

    object_to(anna, "o5", effective_at=builders.days_ago(1))

    assert history.reopened(anna.pk) == []
    assert history.reopened(person().pk) == []


def test_a_new_objection_after_the_consent_denies_again(anna):
    news = consent.purpose()
    object_to(anna, effective_at=builders.days_ago(3))
    yes(anna, news, days_ago=2)

    object_to(anna, "o2", effective_at=builders.days_ago(1))

    assert reason(anna) == "objection"


def test_an_objection_that_arrives_after_a_later_consent_ends_with_it(anna):
    news = consent.purpose()
    yes(anna, news, days_ago=1)

    object_to(anna, effective_at=builders.days_ago(2))

    assert reason(anna) == "allowed"


def test_an_objection_to_one_purpose_leaves_the_others(anna):
    news, offers = consent.purpose(), consent.purpose("offers")
    for asked in (news, offers):
        yes(anna, asked, days_ago=2)

    object_to(anna, purpose=news)

    assert (reason(anna), reason(anna, "offers")) == ("objection", "allowed")


def test_taking_back_ends_an_objection_of_the_same_scope_only(anna):
    news = consent.purpose()
    yes(anna, news, days_ago=9)
    object_to(anna, effective_at=builders.days_ago(3))
    object_to(anna, "o2", purpose=news, effective_at=builders.days_ago(3))

    take_back(anna)
    assert reason(anna) == "objection"
    take_back(anna, "t2", purpose=news)
    assert reason(anna) == "allowed"

    with pytest.raises(NothingToEnd):
        take_back(anna, "t3")


def test_saying_an_objection_twice_is_once_and_otherwise_a_conflict(anna):
    assert object_to(anna) == object_to(anna)
    assert Objection.objects.count() == 1

    with pytest.raises(SaidOtherwise):
        object_to(person())


def test_nobody_objects_in_the_future_before_1970_without_a_zone_or_unknown(anna):
    early = datetime(1969, 12, 31, tzinfo=UTC)
    for moment in (builders.now() + timedelta(hours=1), early, builders.now().replace(tzinfo=None)):
        with pytest.raises(BadMoment):
            object_to(anna, effective_at=moment)
    with pytest.raises(UnknownPerson):
        objections.object_to(profile=builders.uuid7(), source="webshop", source_event_id="o")


def test_a_restriction_holds_until_it_is_released(anna):
    yes(anna, consent.purpose(), days_ago=2)

    restrictions.restrict(profile=anna.pk, reason_code="accuracy_disputed")
    assert reason(anna) == "restricted"

    restrictions.release(profile=anna.pk, reason_code="settled")
    assert reason(anna) == "allowed"
    with pytest.raises(NothingToEnd):
        restrictions.release(profile=anna.pk, reason_code="settled")
    with pytest.raises(ReasonNeeded):
        restrictions.restrict(profile=anna.pk, reason_code=" ")


# --- Suppression ---------------------------------------------------------------------------------------------------


def suppress(address="anna@example.dk", reason="complaint", **said):
    return suppressions.suppress(addresses=[("email", address)], reason=reason, **said)


def test_a_suppressed_address_denies_whichever_namespace_knows_it():
    news = consent.purpose()
    anna = person(identifiers=[("email_verified", "anna@example.dk", True)])
    consent.say(anna, news, channel="email", days_ago=2)

    suppress("Anna@Example.dk")

    assert reason(anna) == "suppressed"


@pytest.mark.django_db(transaction=True)  # the moment of an entry is that of its transaction
def test_the_history_of_a_suppression_tells_all_that_was_added_and_lifted_for_its_address():
    officer = user("officer")
    (first,) = suppress(note="by letter", by=officer)
    suppressions.lift(entry=first, reason="asked to be written to", by=officer)
    (second,) = suppress(reason="hard_bounce")
    suppress("other@example.dk")

    told = [(act.entry.entry, act.entry.reason, act.lifted, act.why) for act in suppressions.history(first)]

    assert told == [
        (second, "hard_bounce", False, ""),
        (first, "complaint", True, "asked to be written to (officer)"),
        (first, "complaint", False, "by letter"),
    ]
    assert suppressions.history(second) == suppressions.history(first)
    assert suppressions.history_of_address("email", "Anna@Example.dk") == suppressions.history(first)
    assert suppressions.history_of_address("email", "nobody@example.dk") == []


def test_the_page_of_a_suppression_its_history_and_the_test_of_its_address_show_every_act(client):
    client.force_login(user(roles=["Compliance officer"]))
    (entry,) = suppress(note="by letter")
    suppressions.lift(entry=entry, reason="asked to be written to", by=user("officer"))

    pages = [
        client.get(reverse("admin:consents_suppression_change", args=[entry])),
        client.get(reverse("admin:consents_suppression_history", args=[entry]), follow=True),
        client.post(reverse("admin:consents_suppression_test"), {"namespace": "email", "address": "anna@example.dk"}),
    ]

    for page in pages:
        assert [act.why for act in page.context["acts"]] == ["asked to be written to (officer)", "by letter"]
        assert all(act.why in page.content.decode() for act in each(page.context["acts"]))


def test_suppressing_again_changes_nothing(anna):
    assert (len(suppress()), len(suppress())) == (1, 0)
    assert [found.reason for found in suppressions.standing("email", "ANNA@example.dk ")] == ["complaint"]
    assert suppressions.standing("email", "bo@example.dk") == []
    with pytest.raises(NoAddress):
        suppressions.standing("email", "nonsense")


def test_a_namespace_that_came_later_joins_the_entry_and_is_lifted_with_it():
    (entry,) = suppress()
    Namespace.objects.create(
        code="newsletter_email", title="E-mail", role="evidence", normaliser="email", contact_channel="email"
    )

    again = suppress()
    entries = set(Suppression.objects.values_list("namespace__code", "entry"))
    suppressions.lift(entry=entry, reason="typed wrongly", by=builders.user())

    assert again == []
    assert entries == {(code, entry) for code in ("email", "email_verified", "newsletter_email")}
    assert suppressions.standing("newsletter_email", "anna@example.dk") == []


def test_a_bounce_closes_its_address_and_a_complaint_the_person():
    news = consent.purpose()
    anna = person(email="anna@example.dk", identifiers=[("email_verified", "a2@example.dk", True)])
    consent.say(anna, news, channel="email", days_ago=2)

    suppress(reason="hard_bounce")
    other = decide(anna, purpose="newsletter", channel="email")
    suppress("a2@example.dk", reason="hard_bounce")

    assert other.allowed
    assert reason(anna) == "suppressed"


def test_a_suppression_of_one_channel_leaves_the_others(anna):
    news = consent.purpose()
    consent.say(anna, news, channel="sms", days_ago=2)
    consent.say(anna, news, channel="email", days_ago=2)

    suppress(channel="email")

    assert (reason(anna), reason(anna, channel="sms")) == ("suppressed", "allowed")


@pytest.mark.parametrize(("because", "then"), [("complaint", "allowed"), ("legal", "suppressed")])
def test_a_direct_consent_for_the_address_ends_what_the_person_wished(anna, because, then):
    news = consent.purpose()
    suppress(reason=because)

    yes(anna, news)

    assert reason(anna) == then


def test_a_reported_consent_ends_no_suppression(anna):
    news = consent.purpose()
    feed = consent.point(news, key="feed", kind="partner_feed", trust="partner_asserted")
    suppress()

    yes(anna, news, collection_point=feed.key)

    assert reason(anna) == "suppressed"


def test_an_officer_lifts_a_suppression_with_a_reason(anna):
    news, officer = consent.purpose(), builders.user("officer")
    yes(anna, news, days_ago=2)
    (entry,) = suppress()

    with pytest.raises(ReasonNeeded):
        suppressions.lift(entry=entry, reason="", by=officer)
    suppressions.lift(entry=entry, reason="typed wrongly", by=officer)

    assert reason(anna) == "allowed"
    assert set(Suppression.objects.values_list("lifted_reason", flat=True)) == {"typed wrongly (officer)"}
    with pytest.raises(NothingToEnd):
        suppressions.lift(entry=entry, reason="again", by=officer)
