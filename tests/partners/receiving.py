"""Files of partners for the tests: an agreement that lets in, a table, and its way in."""

import io

from partners import inbound
from partners.agreements import Line
from partners.models import InboundFile
from profiles.imports import runs
from profiles.models import Batch, GoldenValue
from tests.builders import user
from tests.partners.building import agreement, purpose

HEADER = "member,email,city,tier,shoe_size"
SPEC = {"external_id": "member", "identifiers": {"email": "email"}, "traits": {"city": "city", "loyalty_tier": "tier"}}


def incoming(**fields):
    """An agreement under which e-mail, city and tier may come in."""
    lines = [Line(code, purpose(), direction="in") for code in ("email", "city", "loyalty_tier")]
    return agreement(**({"lines": lines, "direction": "in"} | fields))


def table(*rows: str, header: str = HEADER) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


def received(version, content: bytes, *, name="members.csv", of=None, spec=SPEC, **declared) -> InboundFile:
    return inbound.receive(
        agreement=version.agreement,
        purpose=of or purpose(),
        file=io.BytesIO(content),
        file_name=name,
        by=user(),
        spec=spec,
        declared=declared or None,
    )


def loaded(version, content: bytes, **asked) -> Batch:
    batch = received(version, content, **asked).batch
    runs.start(batch=batch)
    return runs.run(batch=batch)


def golden(profile) -> dict:
    return dict(GoldenValue.objects.filter(profile=profile).values_list("attribute__code", "text"))


def counts(batch) -> tuple:
    return batch.rows_new, batch.rows_updated, batch.rows_unchanged, batch.rows_rejected
