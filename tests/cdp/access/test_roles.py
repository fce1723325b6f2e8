"""Roles: what the table says is what the database holds, and nobody gets more than their task."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from cdp.access import roles
from cdp.access.roles import ROLES
from tests.builders import user

pytestmark = pytest.mark.django_db
CHANGES = ("add_", "change_", "delete_")
NO_PERSONAL_VALUES = ["Marketer", "Partner manager", "Integration admin", "Auditor", "System admin"]


def rights(role):
    return user(roles=[role]).get_all_permissions()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_exactly_the_permissions_of_the_table(role):
    assert rights(role) == ROLES[role].permissions()


def test_every_role_is_there_after_the_migrations():
    assert set(ROLES) == set(Group.objects.values_list("name", flat=True))


def test_applying_the_roles_takes_away_what_was_added_by_hand():
    auditors = Group.objects.get(name="Auditor")
    auditors.permissions.add(*Group.objects.get(name="Steward").permissions.all())

    call_command("roles")

    assert rights("Auditor") == ROLES["Auditor"].permissions()


def test_a_permission_that_no_model_has_is_refused_by_name(monkeypatch):
    monkeypatch.setitem(ROLES, "Auditor", roles.Role("Auditor", "", {"profiles.nothing": "view"}))

    with pytest.raises(LookupError, match=r"profiles\.view_nothing"):
        roles.apply()


@pytest.mark.parametrize("role", NO_PERSONAL_VALUES)
def test_only_stewards_and_compliance_may_open_personal_values(role):
    assert rights(role).isdisjoint({"profiles.reveal_profile", "consents.prove_consent"})


def test_the_auditor_changes_nothing():
    assert [right for right in rights("Auditor") if right.split(".")[1].startswith(CHANGES)] == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != "System admin"])
def test_no_role_but_the_system_admin_gives_rights(role):
    giving = {"cdp.add_user", "cdp.change_user", "auth.change_group", "auth.change_permission", "auth.add_group"}

    assert rights(role).isdisjoint(giving)


def test_nobody_signs_an_agreement_for_both_sides():
    both = {"partners.sign_business", "partners.sign_compliance"}

    assert [role for role in ROLES if both <= rights(role)] == []


def test_the_second_factor_is_for_whoever_can_reach_personal_values():
    asked = {role for role in ROLES if roles.opens_personal_values(user(roles=[role]))}

    assert asked == {"Steward", "Lead steward", "Compliance officer", "System admin"}


def test_each_role_opens_its_home_page():
    homes = {role: roles.home_of(user(roles=[role])) for role in ("Steward", "Compliance officer", "Auditor")}

    assert homes == {"Steward": "steward", "Compliance officer": "compliance", "Auditor": "compliance"}
