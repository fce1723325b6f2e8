"""What `verify` says of the whole, and `rebuild` mends; each app's projections have tests of their own."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from cdp import integrity
from cdp.kit.sql import execute

pytestmark = pytest.mark.django_db


def test_a_guard_that_is_switched_off_is_told_and_switched_on_again():
    execute("ALTER TABLE consents_objection DISABLE TRIGGER append_only_delete")
    assert integrity.verify()["database.guards"] == 1
    with pytest.raises(CommandError):
        call_command("verify")

    integrity.rebuild()

    assert set(integrity.verify().values()) == {0}
