"""What `verify` says of the whole, and `rebuild` mends; each app's projections have tests of their own."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from cdp.base.database.sql import execute
from cdp.operations import verify
from tests.cdp.base.stages import Stages
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


def test_a_guard_that_is_switched_off_is_told_and_switched_on_again():
    execute("ALTER TABLE consents_objection DISABLE TRIGGER append_only_delete")
    assert verify.verify()["database.guards"] == 1
    with pytest.raises(CommandError):
        call_command("verify")

    verify.rebuild()

    assert set(verify.verify().values()) == {0}


@pytest.mark.parametrize("verb", [verify.verify, verify.rebuild])
def test_every_stage_is_counted_to_its_end(verb):
    person(email="anna@example.dk")
    progress = Stages()

    verb(progress)

    assert ("people of sources", 1, 1) in progress.known
    assert [stage for stage in progress.known if stage[1] != stage[2]] == []
