"""The result is a function of what was said, not of the order or the batches in which it came."""

from collections import defaultdict
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from cdp.base.database.ids import uuid7
from profiles import records
from profiles.identity import resolve, steward_decisions, verify
from profiles.models import GoldenValue, RefusedLink, SharedIdentifier, SourceIdentity
from profiles.models.sources import Party
from tests.builders import days_ago, source, user
from tests.some import each

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("everybody_let_in")]
SOURCES = {"crm": "customer_no", "erp": "customer_no", "club": "loyalty_no", "app": "user_id"}
BORROWED = {"partner": Party.SECOND, "supplier": Party.THIRD}
TERMS = uuid7()
SLOW = settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking takes minutes, because an example takes half a second
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def sayings(draw):
    """(source, external id, version, what is said): a second version says everything anew, and differently."""
    said = []
    for code in draw(st.lists(st.sampled_from([*SOURCES, *BORROWED, "visit"]), min_size=2, max_size=7)):
        number = draw(st.integers(1, 4))
        for version in range(draw(st.integers(1, 2))):
            said.append((code, number, version, draw(_content(code, version))))
    return list({entry[:3]: entry for entry in said}.values())


def _content(code, version):
    few = st.none() | st.integers(2 * version, 2 * version + 1)
    if code == "visit":
        return st.fixed_dictionaries({})
    return st.fixed_dictionaries({"email": few, "phone": few, "device": few, "name": few, "city": few})


NAMES = ["Anna", "Bo", "Anne", "Knud"]


def _person(entry, start):
    """observed_at depends on what is said only, so that two arrivals of it are equal."""
    code, number, version, said = entry
    seen = start + timedelta(hours=number, minutes=len(code)) + timedelta(days=version)
    if code == "visit":
        return records.Person(f"d{number}", namespace="device", observed_at=seen)
    kinds = {"email": "mail{}@example.dk", "phone": "+452012345{}", "device": "d{}"}
    named = [(kind, form.format(said[kind]), False) for kind, form in kinds.items() if said[kind] is not None]
    traits = {"first_name": said["name"], "city": said["city"]}
    said_traits = {code: NAMES[one] for code, one in traits.items() if one is not None}
    return records.Person(f"n{number}", named, said_traits, seen)


def _arrive(entries, batches, start):
    """Write and resolve, batch by batch, each source apart as a caller would."""
    for size in batches:
        batch, entries = entries[:size], entries[size:]
        touched = set()
        for code in sorted({entry[0] for entry in batch}):
            people = [_person(entry, start) for entry in batch if entry[0] == code]
            touched |= records.write(people=people, **_sender(code)).touched
        resolve(identities=touched)
    assert not entries


def _sender(code):
    """A source, and the terms of one that is not our own; the numbers of such join nobody."""
    if code in BORROWED:
        return {"source": source(code, namespace="third_party_id", party=BORROWED[code]), "agreement_version": TERMS}
    return {"source": source(code, namespace=SOURCES.get(code, "user_id"))}


def _state():
    """What is projected, told by sources and external keys instead of ids made on arrival."""
    names = {one.pk: (one.source.code, one.external_key) for one in SourceIdentity.objects.select_related("source")}
    clusters = defaultdict(set)
    for one, profile in SourceIdentity.objects.values_list("pk", "profile"):
        clusters[profile].add(names[one])
    golden = {
        (frozenset(clusters[one.profile_id]), one.attribute_id, names[one.record.identity_id], one.rule, one.candidates,
         one.text, str(one.record.traits[one.attribute.code]))
        for one in GoldenValue.objects.select_related("record", "attribute")
    }  # fmt: skip
    refused = {
        (frozenset({names[one.identity_id], names[one.other_id]}), one.namespace_id, one.reason)
        for one in RefusedLink.objects.all()
    }
    shared = {(one.namespace_id, one.blind) for one in SharedIdentifier.objects.all()}
    return set(map(frozenset, clusters.values())), golden, refused, shared


def _outcome(arrivals, start):
    """The state after some arrivals, which are undone again; it is what a fresh fold gives, too."""
    with transaction.atomic():
        for entries, batches in arrivals:
            _arrive(entries, batches, start)
        state = _state()
        assert not any(each(verify.verify().values()))
        transaction.set_rollback(True)
    return state


@SLOW
@given(data=st.data())
def test_any_order_in_any_batches_twice_gives_the_same_people_and_values(data):
    start = days_ago(50)
    entries = data.draw(sayings())
    shuffled = data.draw(st.permutations(entries))
    cut = data.draw(st.integers(1, len(entries)))

    all_at_once = _outcome([(entries, [len(entries)])], start)
    one_by_one = _outcome([(shuffled, [1] * len(entries))], start)
    twice = _outcome([(shuffled, [cut, len(entries) - cut]), (entries, [len(entries)])], start)

    assert one_by_one == all_at_once
    assert twice == all_at_once


@SLOW
@given(data=st.data())
def test_a_merge_that_is_withdrawn_restores_both_people_exactly(data):
    start, steward = days_ago(50), user()
    entries = data.draw(sayings())
    verb = data.draw(st.sampled_from([steward_decisions.same, steward_decisions.not_same]))
    with transaction.atomic():
        _arrive(entries, [len(entries)], start)
        ids = list(SourceIdentity.objects.order_by("id").values_list("pk", flat=True))
        assume(len(ids) > 1)
        one, two = data.draw(st.permutations(ids))[:2]
        before, places = _state(), dict(SourceIdentity.objects.values_list("pk", "profile"))
        decision = verb(identity=one, other=two, reason="seen together", by=steward)
        assert not any(each(verify.verify().values()))
        steward_decisions.withdraw(decision=decision, reason="seen wrongly", by=steward)
        assert (_state(), dict(SourceIdentity.objects.values_list("pk", "profile"))) == (before, places)
        transaction.set_rollback(True)
