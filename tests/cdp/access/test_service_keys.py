"""Keys from the command line: printed once, kept as digests."""

import hashlib
import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cdp.access import service_keys
from cdp.models import ServiceKey
from profiles.ingestion.http import write_keys
from profiles.models import SourceKey
from tests import builders

pytestmark = pytest.mark.django_db


def issue(*arguments) -> str:
    out = io.StringIO()
    call_command("issue_key", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.mark.parametrize("is_test", [False, True])
def test_a_write_key_is_printed_and_only_its_digest_kept(is_test):
    source = builders.source()

    text = issue("--source", source.code, *(["--test"] if is_test else []))

    row = SourceKey.objects.get()
    assert (row.source, row.start, row.is_test) == (source, text[:8], is_test)
    assert bytes(row.digest) == hashlib.sha256(text.encode()).digest()
    assert write_keys.find(text).key == row.pk


def test_a_service_key_is_printed_and_found_by_its_digest():
    text = issue("--service", "Till", "--scopes", "profiles:read, consents:write")

    row = ServiceKey.objects.get()
    assert (text[:5], row.start, row.scopes) == ("cdpk_", text[:10], ["consents:write", "profiles:read"])
    assert service_keys.find(text) == row
    assert text not in str(ServiceKey.history.values()) + str(ServiceKey.objects.values())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--source", "nowhere"], "There is no source nowhere. Known: "),
        (["--service", "Till", "--scopes", "profiles:read,everything"], "No such scope: everything. Known: "),
        (["--service", "Till"], "needs --scopes"),
        ([], "required"),
        (["--source", "a", "--service", "b"], "not allowed"),
    ],
)
def test_what_cannot_be_issued_is_refused_with_a_sentence(arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        issue(*arguments)

    assert not ServiceKey.objects.exists()


def test_two_services_have_two_names():
    issue("--service", "Till", "--scopes", "profiles:read")

    with pytest.raises(CommandError, match="already"):
        issue("--service", "Till", "--scopes", "profiles:read")


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_key_that_has_ended_is_not_found(end):
    row, text = service_keys.issue(name="Till", scopes=["profiles:read"])
    if end == "revoked":
        service_keys.revoke(row)
    else:
        row.expires_at = timezone.now()
        row.save()

    assert service_keys.find(text) is None
