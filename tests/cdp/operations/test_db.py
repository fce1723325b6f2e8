"""What `manage.py db` says."""

import io

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db(transaction=True)


def said_by(*arguments) -> str:
    said = io.StringIO()
    call_command("db", *arguments, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize("act", ["start", "stop", "status", "create"])
def test_external_server_is_left_to_itself(settings, act):
    settings.EXTERNAL_DATABASE = True
    settings.KENDT_DATA = None  # nothing of ours may be looked for

    assert said_by(act).startswith("DATABASE_URL is set: an external PostgreSQL server is used")


def test_backup_says_what_is_not_in_it(settings, tmp_path):
    text = said_by("backup", str(tmp_path))

    assert str(settings.SECRETS) in text
    assert str(settings.KENDT_FILES) in text


def test_refusal_is_one_sentence(settings, tmp_path):
    settings.EXTERNAL_DATABASE = True

    with pytest.raises(CommandError, match=r"^There is no backup in"):
        call_command("db", "restore", str(tmp_path))
