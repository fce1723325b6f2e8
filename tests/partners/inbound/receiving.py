"""Files of partners for the tests: an agreement that lets in, a table, and its way in."""

import io

from partners.agreements.lifecycle import NewTermLine
from partners.inbound import receive
from partners.models import InboundFile
from profiles.imports.run import runs
from profiles.models import FileImport, GoldenValue
from tests.builders import user
from tests.partners.building import agreement, purpose

HEADER = "member,email,city,tier,shoe_size"
SPEC = {"external_id": "member", "identifiers": {"email": "email"}, "traits": {"city": "city", "loyalty_tier": "tier"}}


def incoming(**fields):
    """An agreement under which e-mail, city and tier may come in."""
    lines = [NewTermLine(code, purpose(), direction="in") for code in ("email", "city", "loyalty_tier")]
    return agreement(**({"lines": lines, "direction": "in"} | fields))


def table(*rows: str, header: str = HEADER) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


def received(version, content: bytes, *, name="members.csv", of=None, spec=SPEC, **declared) -> InboundFile:
    return receive.receive(
        agreement=version.agreement,
        purpose=of or purpose(),
        file=io.BytesIO(content),
        file_name=name,
        by=user(),
        spec=spec,
        declared=declared or None,
    )


def loaded(version, content: bytes, **asked) -> FileImport:
    file_import = received(version, content, **asked).file_import
    runs.start(file_import=file_import)
    return runs.run(file_import=file_import)


def golden(profile) -> dict:
    return dict(GoldenValue.objects.filter(profile=profile).values_list("attribute__code", "text"))


def counts(file_import) -> tuple:
    return file_import.rows_new, file_import.rows_updated, file_import.rows_unchanged, file_import.rows_rejected
