from itertools import combinations

import pytest
from django.utils import translation

from profiles.models import Attribute
from segments.language.parsing import understand
from segments.language.sentence import sentence
from tests.segments.building import computed, document
from tests.segments.language.test_truth import CONDITIONS

pytestmark = pytest.mark.django_db

NEAR = [
    {"attr": "city", "is": "is", "value": "a"},
    {"attr": "city", "is": "is", "value": "A"},
    {"attr": "city", "is": "is", "value": "a", "fold": True},
    {"attr": "city", "is": "in", "value": ["a", "b"]},
    {"attr": "city", "is": "in", "value": ["b", "a"]},
    {"attr": "city", "is": "in", "value": ["a” or “b"]},
    {"attr": "city", "is": "in", "value": ["a, b"]},
    {"event": "Bought", "window": {"last": 7, "unit": "day"}},
    {"event": "Bought", "window": {"last": 1, "unit": "week"}},
    {"event": "Bought", "window": {"from_ago": 7, "to_ago": 0, "unit": "day"}},
    {"event": "Bought", "count": {"cmp": ">=", "n": 2}},
    {"event": "Bought", "count": {"cmp": ">", "n": 1}},
    {"event": "Bought", "days": {"cmp": ">=", "n": 2}},
    {"event": "Bought", "sum": {"of": "amount", "cmp": ">", "value": 1, "currency": "DKK"}},
    {"event": "Bought", "sum": {"of": "amount", "cmp": ">", "value": 1, "currency": "SEK"}},
    {"event": "Bought", "sum": {"of": "quantity", "cmp": ">", "value": 1}},
    {"event": "Bought", "where": [{"prop": "a", "is": "=", "value": 1}]},
    {"event": "Bought", "where": [{"prop": "a", "is": "is", "value": "1"}]},
    {"event": "Bought", "window": {"from": "2025-01-01", "to": "2025-02-01"}},
    {"event": "Bought", "window": {"from": "2025-01-01T01:00", "to": "2025-02-01"}},
    {"event": "Bought", "window": {"from": "2025-01-01T01:00Z", "to": "2025-02-01"}},
    {"op": "all", "of": [{"event": "a"}, {"event": "b"}, {"event": "c"}]},
    {"op": "any", "of": [{"event": "a"}, {"event": "b"}, {"event": "c"}]},
    {"op": "none", "of": [{"event": "a"}, {"event": "b"}, {"event": "c"}]},
    {"op": "all", "of": [{"event": "a"}, {"op": "all", "of": [{"event": "b"}, {"event": "c"}]}]},
    {"op": "all", "of": [{"op": "all", "of": [{"event": "a"}, {"event": "b"}]}, {"event": "c"}]},
    {"op": "all", "of": [{"event": "a"}, {"op": "any", "of": [{"event": "b"}, {"event": "c"}]}]},
    {"op": "none", "of": [{"op": "none", "of": [{"event": "a"}]}]},
    {"op": "none", "of": [{"op": "any", "of": [{"event": "a"}, {"event": "b"}]}]},
    {"op": "none", "of": [{"op": "all", "of": [{"event": "a"}, {"event": "b"}]}]},
    {"op": "none", "of": [{"event": "a"}, {"event": "b"}]},
]


@pytest.mark.parametrize("language", ["en", "da", "sv"])
def test_two_different_documents_never_give_the_same_sentence(language):
    Attribute.objects.create(code="vip", title="VIP", type="boolean", classification="open")
    computed({"attr": "country", "is": "is", "value": "DK"}, key="other")
    documents = [document(rule, zone=zone) for rule in CONDITIONS + NEAR for zone in ("Europe/Copenhagen", "UTC")]
    meanings = {str(understand(told).document): told for told in documents}

    with translation.override(language):
        said = {key: sentence(understand(told)) for key, told in meanings.items()}

    assert len(meanings) > 150
    assert [(one, other) for one, other in combinations(said, 2) if said[one] == said[other]] == []


def test_a_definition_reads_as_a_sentence():
    rule = {
        "op": "all",
        "of": [
            {"attr": "country", "is": "in", "value": ["DK", "SE"]},
            {"attr": "birth_date", "is": "between_ago", "unit": "year", "from": 25, "to": 45},
            {
                "event": "Product Viewed",
                "where": [{"prop": "category", "is": "is", "value": "shoes"}],
                "window": {"last": 90, "unit": "day"},
                "count": {"cmp": ">=", "n": 3},
            },
            {"event": "Order Completed", "window": {"last": 30, "unit": "day"}, "count": {"cmp": "=", "n": 0}},
        ],
    }

    assert sentence(understand(document(rule))) == (
        "People whose country is one of “DK” or “SE”, whose date of birth is at least 25 and less than 45 years ago, "
        "who did “Product Viewed” (category is “shoes”) at least 3 times in the last 90 days, "
        "and who did not do “Order Completed” in the last 30 days."
    )
