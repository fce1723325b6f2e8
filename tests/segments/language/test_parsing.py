import pytest
from jsonschema import Draft202012Validator

from profiles.models import Attribute
from segments.language.parsing import NotUnderstood, canonical, schema, understand
from tests.segments.building import DANES, document
from tests.segments.language.test_truth import CONDITIONS
from tests.some import each

pytestmark = pytest.mark.django_db


def problems(rule, **envelope) -> dict[str, str]:
    """{pointer: code} of a refused document."""
    with pytest.raises(NotUnderstood) as refused:
        understand(document(rule) | envelope)
    assert all(error["detail"] for error in each(refused.value.errors))
    return {error["pointer"]: error["code"] for error in refused.value.errors}


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(schema())


def test_a_sealed_attribute_is_refused_by_name():
    with pytest.raises(NotUnderstood, match="first_name"):
        understand(document({"attr": "first_name", "is": "is", "value": "Anna"}))


def test_a_special_category_is_refused_by_name():
    Attribute.objects.create(code="allergy", title="Allergy", type="text", classification="special")

    with pytest.raises(NotUnderstood, match="allergy"):
        understand(document({"attr": "allergy", "is": "is_set"}))


@pytest.mark.parametrize(
    ("rule", "pointer", "code"),
    [
        ({"attr": "shoe_size", "is": "is", "value": "42"}, "/rule/attr", "unknown_attribute"),
        ({"attr": "country", "is": ">", "value": 3}, "/rule/is", "operator_does_not_fit"),
        ({"attr": "country", "is": "sounds_like", "value": "x"}, "/rule/is", "enum"),
        ({"attr": "country", "is": "is"}, "/rule", "required"),
        ({"attr": "country", "is": "is", "value": 3}, "/rule/value", "type"),
        ({"attr": "country", "is": "is", "value": "DK", "sql": "1=1"}, "/rule", "additionalProperties"),
        ({"attr": "birth_date", "is": "on", "value": "2025-02-30"}, "/rule/value", "wrong_type"),
        ({"attr": "loyalty_points", "is": "between", "from": 9, "to": 1}, "/rule/to", "ends_before_start"),
        ({"attr": "loyalty_points", "is": "between", "from": "a", "to": 1}, "/rule/from", "wrong_type"),
        ({"identifier": "passport", "is": "has"}, "/rule/identifier", "unknown_namespace"),
        ({"segment": "nobody", "in": True}, "/rule/segment", "unknown_segment"),
        ({"consent": "spam", "channel": "email", "is": "given"}, "/rule/consent", "unknown_purpose"),
        ({"event": "Bought", "window": {"last": 0, "unit": "day"}}, "/rule/window/last", "minimum"),
        ({"event": "Bought", "window": {"last": 3, "unit": "moon"}}, "/rule/window/unit", "enum"),
        (
            {"event": "Bought", "window": {"from": "2025-02-01", "to": "2025-01-01"}},
            "/rule/window/to",
            "ends_before_start",
        ),
        (
            {"event": "Bought", "window": {"from": "2025-02-30", "to": "2025-03-01"}},
            "/rule/window/from",
            "not_a_moment",
        ),
        ({"event": "Bought", "sum": {"of": "amount", "cmp": ">", "value": 5}}, "/rule/sum", "currency_needed"),
        ({"event": "Bought", "sum": {"of": "category", "cmp": ">", "value": 5}}, "/rule/sum/of", "not_a_number"),
        (
            {"event": "Bought", "where": [{"prop": "price", "is": "contains", "value": "x"}]},
            "/rule/where/0/is",
            "operator_does_not_fit",
        ),
        ({"op": "all", "of": []}, "/rule/of", "minItems"),
        ({"op": "all", "of": [DANES, {}]}, "/rule/of/1", "minProperties"),
        ({"op": "all", "of": [DANES, {"unknown": 1}]}, "/rule/of/1", "kind"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_at_its_place(rule, pointer, code):
    assert problems(rule).get(pointer) == code


def test_every_problem_of_a_document_is_told_at_once():
    rule = {"op": "any", "of": [{"attr": "shoe_size", "is": "is_set"}, {"attr": "street", "is": "is_set"}]}

    assert problems(rule) == {"/rule/of/0/attr": "unknown_attribute", "/rule/of/1/attr": "sealed_attribute"}


def test_the_envelope_is_checked():
    assert problems(DANES, zone="Europe/Atlantis") == {"/zone": "unknown_zone"}
    assert problems(DANES, v=2) == {"/v": "const"}
    assert problems(DANES, owner="me") == {"": "additionalProperties"}


def test_five_levels_of_groups_are_allowed_and_six_are_not():
    def nested(levels):
        return DANES if not levels else {"op": "none", "of": [nested(levels - 1)]}

    understand(document(nested(5)))

    assert problems(nested(6)) == {"/rule": "too_deep"}


def test_a_hundred_conditions_are_allowed_and_one_more_is_not():
    understand(document({"op": "any", "of": [DANES] * 100}))

    assert problems({"op": "any", "of": [DANES] * 101}) == {"/rule": "too_many"}


def test_five_hundred_values_are_allowed_and_one_more_is_not():
    def among(count):
        return {"attr": "city", "is": "in", "value": [f"city {number}" for number in range(count)]}

    understand(document(among(500)))

    assert problems(among(501)) == {"/rule/value": "maxItems"}


@pytest.mark.parametrize(
    "rule", [rule for rule in CONDITIONS if "vip" not in str(rule) and "other" not in str(rule)], ids=str
)
def test_the_canonical_form_is_its_own(rule):
    once = understand(document(rule)).document

    assert understand(once).document == once


def test_the_canonical_form_opens_groups_of_one_and_leaves_defaults_out():
    told = {
        "op": "all",
        "of": [{"op": "any", "of": [{"event": "Bought", "where": [], "count": {"cmp": ">=", "n": 1.0}}]}],
    }

    assert canonical(told) == {"event": "Bought"}
