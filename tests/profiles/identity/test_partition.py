"""The rule itself, as a pure function: what must hold of every partition, whatever is claimed."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from profiles.identity import partition as rule
from profiles.identity.partition import Evidence, Link, Reason, partition
from profiles.identity.similarity import births_differ, names_differ
from profiles.models import Namespace

NUMBER, LOGIN, MAIL, PHONE, DEVICE = range(1, 6)
POLICY = {
    NUMBER: Namespace(pk=NUMBER, role="anchor", priority=1, max_per_profile=1),
    LOGIN: Namespace(pk=LOGIN, role="anchor", priority=2, max_per_profile=2),
    MAIL: Namespace(pk=MAIL, role="linking", priority=3, max_per_profile=2),
    PHONE: Namespace(pk=PHONE, role="supported", priority=5, max_per_profile=3, window_days=30),
    DEVICE: Namespace(pk=DEVICE, role="last_login", priority=8, max_per_profile=9, window_days=90),
}
START = datetime(2026, 1, 1, tzinfo=UTC)
SUBJECTS = [UUID(int=number) for number in range(1, 9)]


def link(identity, namespace, value, *, day=0, verified=False, own=True):
    seen = START + timedelta(days=day)
    return Link(SUBJECTS[identity], namespace, UUID(int=value), verified, seen, "crm", UUID(int=identity), False, own)


def clusters(result):
    found = {}
    for identity, profile in result.profile.items():
        found.setdefault(profile, set()).add(SUBJECTS.index(identity))
    return {frozenset(members) for members in found.values()}


LINKS = st.lists(
    st.builds(
        link, st.integers(0, 7), st.integers(1, 5), st.integers(0, 3),
        day=st.integers(0, 120), verified=st.booleans(), own=st.sampled_from([True, True, False]),
    ),
    min_size=5,
    max_size=25,
)  # fmt: skip
PAIRS = st.lists(st.sampled_from(list(combinations(SUBJECTS, 2))), max_size=3)


@st.composite
def evidence(draw):
    names = draw(st.dictionaries(st.sampled_from(SUBJECTS), st.sampled_from(["anna", "anne", "bo", "knud"])))
    dates = draw(st.dictionaries(st.sampled_from(SUBJECTS), st.dates(date(1980, 1, 1), date(1980, 3, 3))))
    borrowed = draw(st.sets(st.sampled_from(SUBJECTS), min_size=1, max_size=4))
    links = {
        (one.identity, one.namespace, one.blind): one._replace(own=one.own and one.identity not in borrowed)
        for one in draw(LINKS)
    }
    return Evidence(SUBJECTS, list(links.values()), draw(PAIRS), draw(PAIRS), names, dates, borrowed)


def only(said, identities):
    """What was said of some of the identities, and of nobody else."""
    return Evidence(
        [one for one in said.identities if one in identities],
        [one for one in said.links if one.identity in identities],
        [pair for pair in said.same if identities.issuperset(pair)],
        [pair for pair in said.apart if identities.issuperset(pair)],
        {one: name for one, name in said.names.items() if one in identities},
        {one: birth for one, birth in said.births.items() if one in identities},
        said.borrowed & identities,
    )


def pairs(result, identities):
    """Those two by two who are one person."""
    return {
        (one, two) for one, two in combinations(sorted(identities), 2) if result.profile[one] == result.profile[two]
    }


def values_of(evidence, members, kind):
    held = {SUBJECTS[member] for member in members}
    return {one.blind for one in evidence.links if one.identity in held and one.namespace == kind}


@given(evidence(), st.randoms())
def test_the_order_of_links_does_not_matter(said, random):
    first = partition(said, POLICY)
    random.shuffle(said.links)

    assert partition(said, POLICY) == first


def _shares_a_value(said):
    return any(one.value == two.value for one, two in combinations(said.links, 2))


@pytest.mark.parametrize(
    "holds",
    [
        lambda said: said.apart,
        lambda said: partition(said, POLICY).refused,
        lambda said: max(map(len, clusters(partition(said, POLICY)))) > 2,
        lambda said: pairs(partition(said, POLICY), set(SUBJECTS) - said.borrowed),
        _shares_a_value,
    ],
    ids=["told apart", "refused", "three together", "our own together", "shares a value"],
)
def test_what_the_properties_below_are_about_is_drawn(holds):
    assert holds(find(evidence(), lambda said: bool(holds(said))))


@given(evidence())
def test_every_subject_is_in_one_profile_that_has_the_oldest_id(said):
    result = partition(said, POLICY)

    assert set(result.profile) == set(SUBJECTS)
    for identity, profile in result.profile.items():
        assert profile <= identity
        assert result.profile[profile] == profile


@given(evidence())
def test_people_told_apart_are_never_together(said):
    result = partition(said, POLICY)

    for one, two in said.apart:
        assert result.profile[one] != result.profile[two]


@given(evidence())
def test_no_limit_is_broken_but_by_a_steward_or_by_one_source(said):
    said.same = []

    for members in clusters(partition(said, POLICY)):
        for kind, namespace in POLICY.items():
            alone = max(len(values_of(said, {member}, kind)) for member in members)
            assert len(values_of(said, members, kind)) <= max(namespace.max_per_profile, alone)


@given(evidence())
def test_a_refused_link_tells_two_profiles_apart_by_a_value_that_both_claim(said):
    result = partition(said, POLICY)

    for refusal in result.refused:
        assert result.profile[refusal.identity] != result.profile[refusal.other]
        claimed = [
            {one.blind for one in said.links if (one.identity, one.namespace) == (identity, refusal.namespace)}
            for identity in (refusal.identity, refusal.other)
        ]
        assert claimed[0] & claimed[1]


@given(evidence())
def test_two_who_share_a_value_are_together_or_the_refusal_is_recorded(said):
    result = partition(said, POLICY)

    refused = {
        frozenset({result.profile[one.identity], result.profile[one.other]}) | {one.namespace} for one in result.refused
    }
    for one, two in combinations(said.links, 2):
        places = {result.profile[one.identity], result.profile[two.identity]}
        if one.value == two.value and len(places) == 2:
            assert frozenset(places) | {one.namespace} in refused


@given(evidence())
def test_devices_join_no_two_known_people(said):
    said = only(said, set(SUBJECTS) - said.borrowed)
    known = {one.identity for one in said.links if one.namespace != DEVICE}
    result = partition(said, POLICY)
    said.links = [one for one in said.links if one.namespace != DEVICE]

    assert pairs(result, known) == pairs(partition(said, POLICY), known)


@settings(max_examples=400)
@given(evidence())
def test_our_own_people_are_the_same_whatever_partners_say(said):
    own = set(SUBJECTS) - said.borrowed
    said.same = [pair for pair in said.same if own.issuperset(pair)]

    assert pairs(partition(said, POLICY), own) == pairs(partition(only(said, own), POLICY), own)


@given(evidence())
def test_two_of_our_own_people_are_joined_by_our_own_data_or_a_steward(said):
    sharing = defaultdict(set)
    for one in said.links:
        if one.own:
            sharing[one.value].add(one.identity)
    tied = {identity: {identity} for identity in SUBJECTS}
    for group in [*sharing.values(), *map(set, said.same)]:
        together = set().union(*(tied[identity] for identity in group))
        tied |= dict.fromkeys(together, together)

    for one, two in pairs(partition(said, POLICY), set(SUBJECTS) - said.borrowed):
        assert two in tied[one]


@pytest.mark.parametrize(
    ("anna", "bo", "partner", "expected"),
    [
        # The strongest claim decides, and by itself.
        ([(MAIL, 1)], [(PHONE, 1)], [(MAIL, 1), (PHONE, 1)], {(0, 2)}),
        ([(PHONE, 1)], [(NUMBER, 1)], [(PHONE, 1), (NUMBER, 1)], {(1, 2)}),
        # One that fits both, or two that are equally strong, leave it to a steward, whatever weaker ones say.
        ([(NUMBER, 1), (PHONE, 1)], [(NUMBER, 2), (PHONE, 1)], [(PHONE, 1)], set()),
        ([(MAIL, 1)], [(MAIL, 2)], [(MAIL, 1), (MAIL, 2)], set()),
        ([(MAIL, 1), (PHONE, 1)], [(MAIL, 2)], [(MAIL, 1), (MAIL, 2), (PHONE, 1)], set()),
        # Whom it cannot mean does not count.
        ([(NUMBER, 1), (MAIL, 1)], [(NUMBER, 2), (MAIL, 1)], [(NUMBER, 1), (MAIL, 1)], {(0, 2)}),
        ([(DEVICE, 1)], [(DEVICE, 1), (MAIL, 1)], [(DEVICE, 1)], {(0, 1), (0, 2), (1, 2)}),
    ],
)
def test_a_partners_person_joins_the_one_of_ours_whom_its_strongest_claim_means(anna, bo, partner, expected):
    said = [(0, anna, True), (1, bo, True), (2, partner, False)]
    links = [link(identity, *claim, own=own) for identity, claims, own in said for claim in claims]

    result = partition(Evidence(SUBJECTS[:3], links, borrowed={SUBJECTS[2]}), POLICY)

    assert pairs(result, SUBJECTS[:3]) == {(SUBJECTS[one], SUBJECTS[two]) for one, two in expected}


def test_a_steward_settles_whom_a_partner_means():
    links = [link(0, MAIL, 1), link(1, MAIL, 2), link(2, MAIL, 1, own=False), link(2, MAIL, 2, own=False)]
    anna, bo, partner = SUBJECTS[:3]

    def decided(**decision):
        return partition(Evidence(SUBJECTS[:3], links, **decision, borrowed={partner}), POLICY)

    asked = {(one.identity, one.other, one.reason) for one in decided().refused}
    assert asked == {(anna, partner, Reason.BORROWED), (bo, partner, Reason.BORROWED)}
    assert pairs(decided(same=[(bo, partner)]), SUBJECTS[:3]) == {(bo, partner)}
    assert pairs(decided(apart=[(anna, partner)]), SUBJECTS[:3]) == {(bo, partner)}


def test_partners_persons_join_each_other_and_together_one_of_ours():
    links = [link(0, MAIL, 1), link(1, PHONE, 1)]
    links += [link(2, NUMBER, 9, own=False), link(3, NUMBER, 9, own=False)]
    links += [link(2, MAIL, 1, own=False), link(3, PHONE, 1, own=False)]

    result = partition(Evidence(SUBJECTS[:4], links, borrowed=set(SUBJECTS[2:4])), POLICY)

    assert clusters(result) == {frozenset({0, 2, 3}), frozenset({1})}


def test_a_verified_claim_goes_before_an_earlier_unverified_one():
    links = [link(0, MAIL, 1, day=9, verified=True), link(1, MAIL, 1, day=1), link(2, MAIL, 1, day=5, verified=True)]
    links += [link(0, NUMBER, 1), link(1, NUMBER, 2)]

    result = partition(Evidence(SUBJECTS[:3], links), POLICY)

    assert clusters(result) == {frozenset({0, 2}), frozenset({1})}
    assert {one.reason for one in result.refused} == {Reason.ANCHORS_DIFFER}


def test_a_merged_customer_with_two_numbers_takes_further_records_of_either():
    links = [link(0, NUMBER, 1), link(1, NUMBER, 2), link(2, NUMBER, 2), link(2, PHONE, 1), link(3, PHONE, 1)]

    result = partition(Evidence(SUBJECTS[:4], links, same=[(SUBJECTS[0], SUBJECTS[1])]), POLICY)

    assert clusters(result) == {frozenset({0, 1, 2, 3})}


def test_a_steward_joins_against_every_rule_but_another_steward():
    links = [link(0, NUMBER, 1), link(1, NUMBER, 2), link(2, NUMBER, 3)]
    same = [(SUBJECTS[0], SUBJECTS[1]), (SUBJECTS[1], SUBJECTS[2])]

    result = partition(Evidence(SUBJECTS[:3], links, same, [(SUBJECTS[0], SUBJECTS[2])]), POLICY)

    assert clusters(result) == {frozenset({0, 1}), frozenset({2})}


def test_a_chain_of_sightings_within_the_window_keeps_a_value():
    links = [link(number, PHONE, 1, day=25 * number) for number in range(4)]

    assert clusters(partition(Evidence(SUBJECTS[:4], links), POLICY)) == {frozenset(range(4))}


def test_a_frozen_profile_takes_no_more_records(monkeypatch):
    monkeypatch.setattr(rule, "FROZEN", 3)
    links = [link(number, MAIL, 1) for number in range(5)]

    result = partition(Evidence(SUBJECTS[:5], links), POLICY)

    assert clusters(result) == {frozenset({0, 1, 2}), frozenset({3, 4})}
    assert result.frozen == {SUBJECTS[0], SUBJECTS[3]}
    assert result.refused == set()


@pytest.mark.parametrize(
    ("one", "two", "differ"),
    [
        ({"anna"}, {"anne"}, False),
        ({"anna"}, {"bo"}, True),
        ({"anna", "margrethe"}, {"margrete"}, False),
        ({"anna"}, set(), False),
        ({"maria"}, {"mia"}, False),
        ({"johan henrik"}, {"hans"}, False),
        ({"bill"}, {"william"}, False),
        ({"bo"}, {"bill"}, True),
    ],
)
def test_names_differ_when_none_is_like_another(one, two, differ):
    assert names_differ(one, two) is differ


@pytest.mark.parametrize(
    ("one", "two", "differ"),
    [
        ("1980-05-04", "1980-05-04", False),
        ("1980-05-04", "1980-05-14", False),
        ("1980-05-04", "1981-05-04", False),
        ("1980-05-04", "1980-04-05", False),
        ("1980-05-04", "1981-04-05", True),
        ("1980-05-04", "1980-06-07", True),
        ("1980-05-04", "1981-06-04", True),
    ],
)
def test_birth_dates_differ_in_two_parts_or_more_and_a_swap_is_one(one, two, differ):
    assert births_differ({date.fromisoformat(one)}, {date.fromisoformat(two)}) is differ
