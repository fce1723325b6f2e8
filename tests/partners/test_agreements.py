"""The life of an agreement: who may write, approve and activate, and what follows."""

import pytest

from partners import agreements
from tests.builders import user
from tests.partners.building import agreement, approve_twice

pytestmark = pytest.mark.django_db


def test_a_new_version_in_force_ends_the_one_before_it():
    first = agreement()
    second = agreements.new_version(first.agreement, by=user())
    approve_twice(agreements.propose(second, by=second.author))
    second = agreements.activate(second, by=user(superuser=True))

    first.refresh_from_db()

    assert (first.state, second.state) == ("superseded", "in_force")
    assert first.in_force.upper == second.activated_at
