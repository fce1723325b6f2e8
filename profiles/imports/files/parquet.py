"""Parquet as text columns: whole numbers without a point, times in ISO 8601, lists and structures as JSON."""

import json
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from profiles.imports.errors import Damaged, FileTooLarge, TooManyColumns
from profiles.imports.files.rows import COLUMN_LIMIT, Survey, unlike
from profiles.imports.files.unpacking import UNPACKED_LIMIT

BLOCK_LIMIT = 256 << 20  # bytes of text in one block


def survey(file: BinaryIO) -> Survey:
    source = _opened(file)
    return Survey(unlike(source.schema_arrow.names), source.metadata.num_rows)


def tables(file: BinaryIO, *, size: int) -> Iterator[pa.Table]:
    """Tables of up to `size` rows. A page of one repeated giant value is refused before it is spread out."""
    source = _opened(file)
    try:
        for batch in source.iter_batches(batch_size=size):
            _refuse_giant(batch)
            yield pa.table([_as_text(column) for column in batch.columns], names=unlike(batch.schema.names))
    except (pa.ArrowException, OSError):
        raise Damaged from None


def _opened(file: BinaryIO) -> pq.ParquetFile:
    file.seek(0)
    try:
        schema = pq.read_schema(file)
        if len(schema.names) > COLUMN_LIMIT:
            raise TooManyColumns(count=len(schema.names), limit=COLUMN_LIMIT)
        texts = [field.name for field in schema if _is_text(field.type)]
        file.seek(0)
        source = pq.ParquetFile(file, read_dictionary=texts, pre_buffer=False)
    except (pa.ArrowException, OSError):
        raise Damaged from None
    groups = range(source.metadata.num_row_groups)
    if sum(source.metadata.row_group(number).total_byte_size for number in groups) > UNPACKED_LIMIT:
        raise FileTooLarge(limit="2 GiB")
    return source


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _refuse_giant(batch: pa.RecordBatch) -> None:
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.take(pc.binary_length(column.dictionary), column.indices)
            if (pc.sum(lengths).as_py() or 0) > BLOCK_LIMIT:
                raise FileTooLarge(limit="256 MiB")


def _as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.dictionary_decode().cast(pa.large_string())
    if pa.types.is_timestamp(kind):
        return _moments(column)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([_as_json(value) for value in column.to_pylist()], pa.large_string())
    return column.cast(pa.large_string())


def _moments(column: pa.Array) -> pa.Array:
    """To the second where that is all, else to the microsecond."""
    try:
        return column.cast(pa.timestamp("s", column.type.tz)).cast(pa.large_string())
    except pa.ArrowInvalid:
        text = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.large_string())
        return pc.replace_substring_regex(text, r"\.0{6}", "")


def _as_json(value) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)
