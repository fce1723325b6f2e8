"""Events of a file on their way into the stage of `profiles.ingestion.events`, column by column."""

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection
from django.utils import timezone

from cdp.kit.ids import uuid7s
from cdp.kit.sql import execute, rows, value
from profiles.facts import Outcome
from profiles.imports.loading import TEXT
from profiles.ingestion import events
from profiles.models import Batch
from profiles.resolution import steady
from profiles.vault import Keyring

WITHOUT_HEADER = pyarrow.csv.WriteOptions(include_header=False)


def make_months(occurred_at: pa.Array) -> None:
    """Partitions first: making one waits for every writer of events, so it must not come after rows of our own."""
    months = pc.unique(pc.utf8_slice_codeunits(occurred_at, 0, 7)).to_pylist()
    firsts = [f"{month}-01 00:00:00+00" for month in sorted(months)]
    execute("SELECT profiles_event_month(month) FROM unnest(%s::timestamptz[]) AS month", [firsts])


def fresh(source: int, keys: list[bytes]) -> list[int]:
    """Places of the keys that no stored event has; of equal keys the first."""
    found = rows("SELECT key FROM profiles_eventkey WHERE source_id = %s AND key = ANY(%s)", [source, keys])
    met = {bytes(key) for (key,) in found}
    places = []
    for place, key in enumerate(keys):
        if key not in met:
            met.add(key)
            places.append(place)
    return places


def store(*, batch: Batch, type: str, keys: list[bytes], columns: dict, owners: list[Outcome | None]) -> int:
    """Store events; give how many were new. `columns`: text by column of the stage, and `personal` as JSON, which is
    sealed here to its subject."""
    count = len(keys)
    steady()
    present = _present(owners)
    owners = [one if one and one.subject in present else None for one in owners]
    columns = columns | {
        "sealed": _sealed(columns["personal"], owners),
        "key": ["\\x" + key.hex() for key in keys],
        "subject_id": [str(one.subject) if one else None for one in owners],
        "record_id": [str(one.record) if one else None for one in owners],
        "id": list(map(str, uuid7s(count))),
        "source_id": pa.repeat(str(batch.source_id), count),
        "batch_id": pa.repeat(str(batch.pk), count),
        "type": pa.repeat(type, count),
        "received_at": pa.repeat(timezone.now().isoformat(), count),
        "flags": pa.repeat("{}", count),
    }
    del columns["personal"]
    execute(events.STAGE)
    execute("DELETE FROM stage_event")
    _copy("stage_event", pa.table({name: _text(column) for name, column in columns.items()}))
    return value(events.APPLY)


def _present(owners: list[Outcome | None]) -> set:
    """The owners that are still there: a person may have been erased since the file's first rows."""
    subjects = {one.subject for one in owners if one}
    return {subject for (subject,) in rows("SELECT id FROM profiles_subject WHERE id = ANY(%s)", [list(subjects)])}


def _sealed(personal: list[str | None], owners: list[Outcome | None]) -> list[str | None]:
    """Personal properties as ciphertext; an event of nobody keeps none."""
    named = {one.subject for one, text in zip(owners, personal, strict=True) if one and text}
    if not named:
        return [None] * len(owners)
    ring = Keyring.of(named)
    return [
        "\\x" + ring.seal(one.subject, events.PLACE, text).hex() if one and text else None
        for one, text in zip(owners, personal, strict=True)
    ]


def _copy(table_name: str, table: pa.Table) -> None:
    text = io.BytesIO()
    pyarrow.csv.write_csv(table, text, WITHOUT_HEADER)
    statement = f"COPY {table_name} ({', '.join(table.column_names)}) FROM STDIN (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.getbuffer())


def _text(column: pa.Array | list) -> pa.Array:
    return column if isinstance(column, pa.Array) else pa.array(column, TEXT)
