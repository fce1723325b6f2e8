"""Whatever bytes come: the file is refused as a whole with its reason, or every row is accounted for."""

import io
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.imports.advice import ADVICE
from profiles.imports.errors import FileRefused
from profiles.imports.files import reading
from profiles.imports.files.formats import detect
from profiles.imports.run import runs
from profiles.models import FileImport, Rejection, SourceIdentity
from tests.builders import guards_off
from tests.profiles.imports.building import counts, mapping, proposed

EXAMPLES = int(os.environ.get("KENDT_FUZZ", "300"))  # the release gate is 10,000
CELL = st.text(st.sampled_from("ab1,;\t|\"'=+-@\x00\n\ræøå💶\u202e \u200b"), max_size=12)
ROWS = st.lists(st.lists(CELL, max_size=5), max_size=12)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
ENDS = ["\n", "\r\n", "\r", "\n\r", "\n\n"]


@st.composite
def files(draw) -> bytes:
    """Tables as careless programs write them: no quoting to speak of, any line end, any encoding, cut anywhere."""
    separator, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(ENDS))
    header = draw(st.sampled_from([[], ["id", "email"], ["id", "id", ""], ["kendt_row", "kendt_column"], ["1", "2"]]))
    text = end.join(separator.join(row) for row in [header, *draw(ROWS)])
    content = text.encode(draw(st.sampled_from(ENCODINGS)), errors="replace")
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@settings(max_examples=EXAMPLES, deadline=None)
@given(files() | st.binary(max_size=400))
def test_any_bytes_are_refused_whole_or_read_with_every_row_accounted_for(content):
    file = io.BytesIO(content)
    try:
        format = detect(file)
        survey = reading.survey(file, format)
        blocks = list(reading.blocks(file, format, size=3))
    except FileRefused as refused:
        assert refused.code != FileRefused.code
        assert str(refused)
        return

    assert sum(map(len, blocks)) == survey.rows
    numbers = [number for block in blocks for number in [*block.numbers, *(row.number for row in block.bad)]]
    assert len(set(numbers)) == len(numbers)
    assert {row.fault.code for block in blocks for row in block.bad} <= ADVICE.keys()
    assert not any("\x00" in (cell or "") for block in blocks for column in block.table for cell in column.to_pylist())


@pytest.mark.django_db
@settings(max_examples=EXAMPLES // 6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
def test_any_cells_are_loaded_or_rejected_one_by_one(tmp_path, rows):
    content = "\n".join(["id,email", *(",".join(row) for row in rows)]).encode()
    spec = mapping({"external_id": "id", "identifiers": {"email": "email"}}, name="nasty")
    before = SourceIdentity.objects.count()
    try:
        file_import = runs.start(file_import=proposed(content, spec, declared={"separator": ","}))
    except FileRefused:
        return
    file_import = runs.run(file_import=file_import)

    new, updated, unchanged, rejected = counts(file_import)
    assert new + updated + unchanged + rejected == file_import.rows_done == file_import.rows_total
    assert Rejection.objects.filter(file_import=file_import).count() == rejected
    assert SourceIdentity.objects.count() == before + new
    with guards_off("profiles_fileimport"):
        FileImport.objects.filter(pk=file_import.pk).update(state="cancelled")
