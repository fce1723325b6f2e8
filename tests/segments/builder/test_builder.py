"""The form says what the document says, and every edit is a button."""

import pytest
from django.utils.translation import override

from profiles.models import Attribute
from segments import builder
from segments.language.parsing import NotUnderstood, canonical, understand
from segments.language.vocabulary import Catalogue
from tests.consents import building as consents
from tests.segments.building import computed, document
from tests.segments.language.test_truth import CONDITIONS
from tests.some import each

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue() -> Catalogue:
    Attribute.objects.create(code="vip", title="VIP", type="boolean", classification="open")
    consents.purpose("newsletter")
    computed({"attr": "country", "is": "is", "value": "DK"}, key="other")
    return Catalogue.load()


def posted(line: builder.BuilderLine, form: dict | None = None) -> dict:
    """What a browser sends of these lines, untouched."""
    form = {} if form is None else form
    form[f"{line.path}:kind"] = line.kind
    if line.is_group:
        form[f"{line.path}:op"] = line.op
    for widget in line.widgets:
        if widget.kind == "checkbox":
            form |= {f"{line.path}:{widget.name}": "1"} if widget.value else {}
        else:
            form[f"{line.path}:{widget.name}"] = str(widget.value)
    for below in (*line.children, *line.tests):
        posted(below, form)
    return form


CONSENT = {"consent": "newsletter", "channel": "email", "is": "not_given"}
#: Moments within a day are for the JSON view.
SHOWN = [rule for rule in [*CONDITIONS, CONSENT] if "T12:00" not in str(rule)]


@pytest.mark.parametrize("rule", SHOWN, ids=str)
def test_a_form_sent_back_untouched_says_the_same(rule, catalogue):
    form = posted(builder.line_of(document(rule), catalogue))

    told = builder.document_from(form, catalogue)

    assert canonical(told["rule"]) == canonical(understand(document(rule), catalogue).document["rule"])


def test_every_kind_of_condition_can_be_added_and_every_choice_is_one_of_those_shown(catalogue):
    told = document({"op": "all", "of": []})
    for kind, _title in builder.ADDABLE:
        told = builder.edited(told, f"add||{kind}", catalogue)

    lines = builder.line_of(told, catalogue).children

    assert [line.kind for line in lines] == [kind for kind, _title in builder.ADDABLE]
    for widget in each(widget for line in lines for widget in line.widgets if widget.kind == "select"):
        assert widget.value in dict(widget.choices)


TWO = {"op": "all", "of": [{"event": "a"}, {"op": "any", "of": [{"event": "b"}, {"event": "c"}]}]}


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("up|1", {"op": "all", "of": [{"op": "any", "of": [{"event": "b"}, {"event": "c"}]}, {"event": "a"}]}),
        ("down|0", {"op": "all", "of": [{"op": "any", "of": [{"event": "b"}, {"event": "c"}]}, {"event": "a"}]}),
        ("up|0", TWO),
        ("down|1", TWO),
        ("remove|1.0", {"op": "all", "of": [{"event": "a"}, {"op": "any", "of": [{"event": "c"}]}]}),
        ("remove|1", {"op": "all", "of": [{"event": "a"}]}),
        ("out|1.0", {"op": "all", "of": [{"event": "a"}, {"op": "any", "of": [{"event": "c"}]}, {"event": "b"}]}),
        (
            "wrap|0",
            {
                "op": "all",
                "of": [{"op": "any", "of": [{"event": "a"}]}, {"op": "any", "of": [{"event": "b"}, {"event": "c"}]}],
            },
        ),
        (
            "test|0",
            {
                "op": "all",
                "of": [{"event": "a", "where": [{"prop": "category", "is": "is"}]}, TWO["of"][1]],
            },
        ),
        ("remove|7.7", TWO),
        ("explode|0", TWO),
        ("out|0", TWO),
        ("", TWO),
    ],
)
def test_an_edit_changes_what_its_button_says(act, expected, catalogue):
    before = document(TWO)

    assert builder.edited(before, act, catalogue)["rule"] == expected
    assert before == document(TWO)


def test_another_attribute_brings_the_tests_of_its_type(catalogue):
    form = posted(builder.line_of(document({"attr": "country", "is": "is", "value": "DK"}), catalogue))

    told = builder.document_from(form | {"0:attr": "birth_date"}, catalogue)

    assert told["rule"]["of"][0] == {"attr": "birth_date", "is": "on", "value": "DK"}
    assert "between_ago" in dict(builder.line_of(told, catalogue).children[0].widgets[1].choices)


def test_an_error_stands_beside_its_line(catalogue):
    rule = {
        "op": "all",
        "of": [
            {"attr": "country", "is": "is"},
            {"op": "any", "of": [{"event": "Bought", "where": [{"prop": "price", "is": ">"}]}]},
        ],
    }
    tree = builder.line_of(document(rule), catalogue)

    with pytest.raises(NotUnderstood) as refused:
        understand(document(rule), catalogue)
    homeless = builder.with_errors(tree, [*refused.value.errors, {"pointer": "/zone", "detail": "Which zone?"}])

    assert tree.children[0].errors == ["Missing: value."]
    assert tree.children[1].children[0].tests[0].errors == ["Missing: value."]
    assert homeless == ["Which zone?"]


def test_numbers_are_read_as_people_write_them(catalogue):
    rule = {"attr": "loyalty_points", "is": ">", "value": 1}
    form = posted(builder.line_of(document(rule), catalogue))

    def value_of(text):
        return builder.document_from(form | {"0:value": text}, catalogue)["rule"]["of"][0].get("value")

    texts = ("1,5", "2 000", "2\u00a0000", "-3", "many", "nan", "1e400", "")
    assert [value_of(text) for text in texts] == [1.5, 2000, 2000, -3, "many", "nan", "1e400", None]


@pytest.mark.parametrize(("language", "thousand", "fraction"), [("en", "1,000", "1.234"), ("da", "1.000", "1,234")])
def test_a_number_is_read_and_shown_as_the_language_of_the_page_writes_it(catalogue, language, thousand, fraction):
    rule = {"attr": "loyalty_points", "is": "between", "from": 1.234, "to": 99999999999999}
    with override(language):
        form = posted(builder.line_of(document(rule), catalogue))
        told = builder.document_from(form | {"0:to": thousand}, catalogue)["rule"]["of"][0]

    assert form["0:from"] == fraction
    assert (told["from"], told["to"]) == (1.234, 1000)


@pytest.mark.parametrize("value", [10**14, 10**400, 1e300, float("nan"), True])
def test_what_is_no_number_is_shown_as_it_came(catalogue, value):
    (line,) = builder.line_of(document({"attr": "loyalty_points", "is": ">", "value": value}), catalogue).children

    assert [widget.value for widget in line.widgets if widget.name == "value"] == [value]
