"""Every field is classified, every table that holds people says what becomes of its rows: or the build fails."""

import pytest
from django.apps.registry import Apps
from django.db import models

from cdp.base.personal_data import Holding
from cdp.data.personal_data import HOLDINGS, our_models, undeclared
from profiles.models import Attribute, SourceIdentity
from profiles.models.reference import Classification
from tests.some import each


def test_every_model_and_field_is_declared():
    assert undeclared(our_models(), HOLDINGS) == []


def test_nothing_is_declared_that_does_not_exist():
    assert {holding.model for holding in HOLDINGS} == {model._meta.label for model in our_models()}


def planted_model(**fields):
    """A model that nobody declared, outside the real registry."""
    meta = type("Meta", (), {"app_label": "profiles", "apps": Apps()})
    return type("Planted", (models.Model,), {"__module__": "profiles.models", "Meta": meta, **fields})


@pytest.mark.parametrize(
    ("holdings", "fault"),
    [
        ([], "profiles.Planted: declare it in privacy.py"),
        ([Holding("profiles.Planted", open="title")], "profiles.Planted.nickname: classify it in privacy.py"),
        (
            [Holding("profiles.Planted", open="title nickname gone")],
            "profiles.Planted.gone: is declared and does not exist",
        ),
        (
            [Holding("profiles.Planted", open="title", sealed="nickname")],
            "profiles.Planted: say whether it is exported and erased, or why not",
        ),
    ],
)
def test_a_planted_violation_is_found(holdings, fault):
    planted = planted_model(title=models.TextField(), nickname=models.TextField())

    assert fault in undeclared([planted], holdings)


def test_a_planted_path_to_a_person_is_found():
    planted = planted_model(whose=models.ForeignKey(SourceIdentity, models.PROTECT, related_name="+"))

    assert undeclared([planted], [Holding("profiles.Planted", open="whose")]) == [
        "profiles.Planted.whose: leads to a person, classify it so",
        "profiles.Planted: say whether it is exported and erased, or why not",
    ]


def test_a_field_is_classified_once():
    with pytest.raises(ValueError, match="twice"):
        Holding("profiles.Planted", open="title", quasi="title")


@pytest.mark.django_db
def test_names_and_streets_are_sealed_from_the_first_day():
    direct = Attribute.objects.filter(classification=Classification.DIRECT)

    assert set(direct.values_list("code", flat=True)) == {"first_name", "last_name", "full_name", "street"}
    assert all(attribute.sealed for attribute in each(direct))
