"""Files as people send them: encodings, separators, packings, broken rows; and what is refused as a whole."""

import gzip
import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from profiles.imports.errors import FileRefused
from profiles.imports.files import reading
from profiles.imports.files.formats import Format, detect, foreign_words

MESSY = settings.KENDT_TEST_DATA / "messy"
EXPECTED = settings.KENDT_TEST_DATA / "answers" / "messy_csv.json"
needs_data = pytest.mark.skipif(not EXPECTED.exists(), reason="the public test data (KENDT_TEST_DATA) is not here")
SAME_READING = {"utf-8-sig": "utf-8", "cp1252": "windows-1252", "latin-1": "windows-1252", "utf-16": "utf-16-le"}


def answers():
    return json.loads(EXPECTED.read_text()) if EXPECTED.exists() else []


def read(content: bytes, **declared):
    """(columns, rows as {number: cells}, bad rows as {number: code}) of a whole file."""
    file = io.BytesIO(content)
    format = detect(file).declared(**declared)
    rows, bad = {}, {}
    for block in reading.blocks(file, format, size=3):
        cut = zip(*(column.to_pylist() for column in block.table.columns), strict=True)
        rows |= dict(zip(block.numbers, map(list, cut), strict=True))
        bad |= {row.number: row.fault.code for row in block.bad}
    return reading.survey(file, format).columns, rows, bad


def code_of(content: bytes, **declared) -> str:
    with pytest.raises(FileRefused) as refused:
        read(content, **declared)
    return refused.value.code


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@needs_data
@pytest.mark.parametrize("answer", answers(), ids=lambda answer: answer["file"].removeprefix("messy/"))
def test_a_messy_file_is_read_as_expected(answer):
    content = (settings.KENDT_TEST_DATA / answer["file"]).read_bytes()
    format = detect(io.BytesIO(content))
    columns, rows, bad = read(content)
    readings = [row for _number, row in sorted(rows.items())]
    expected = [answer["first_record"], answer["last_record"]]
    if answer["header"] is None:  # three blank lines come first; we take the next for the header
        readings = [columns, *readings]
    else:
        names = [name or f"column {place}" for place, name in enumerate(answer["header"], start=1)]
        assert columns == names
        expected = [record + [""] * (len(names) - len(record)) for record in expected]

    assert format.encoding == SAME_READING.get(answer["encoding"], answer["encoding"])
    assert format.separator == answer["delimiter"]
    assert len(readings) + len(bad) == answer["data_records_non_blank"]
    if bad:
        assert answer["note"] == "ragged records"
        assert (readings, bad) == ([answer["last_record"]], {2: "ragged", 3: "ragged"})
    else:
        assert [readings[0], readings[-1]] == expected


@needs_data
@pytest.mark.parametrize("name", sorted(path.stem for path in (MESSY / "csv-spectrum").glob("*.csv")))
def test_the_csv_spectrum_is_read_as_its_json_says(name):
    folder = MESSY / "csv-spectrum"
    expected = json.loads((folder / f"{name}.json").read_text().replace("\\r\\n", "\\n"))  # the files lost their CR

    columns, rows, bad = read((folder / f"{name}.csv").read_bytes())

    assert [dict(zip(columns, row, strict=True)) for row in rows.values()] == expected
    assert bad == {}


@needs_data
@pytest.mark.parametrize("name", ["csvkit_sheets.xlsx", "csvkit_test.xls", "csvkit_test.xlsx"])
def test_a_spreadsheet_is_refused_with_advice(name):
    with pytest.raises(FileRefused, match="Save as, CSV UTF-8") as refused:
        detect(io.BytesIO((MESSY / name).read_bytes()))
    assert refused.value.code == "spreadsheet"


@pytest.mark.parametrize(
    ("sample", "decimal"),
    [
        ("a;b\n1,50;x\n1.234,56;y\n", ","),
        ("a,b\n1.50,x\n2.25,y\n", "."),
        ('a,b\n"1,7",200.000.000\n', ","),
        ("a;b\n11'373.94;x\n", "."),
        ("a;b\n1;2\n", "."),
    ],
)
def test_the_decimal_sign_is_detected(sample, decimal):
    assert detect(io.BytesIO(sample.encode())).decimal == decimal


@pytest.mark.parametrize(
    ("sample", "header"),
    [("name,email\nAnna,a@b.dk\n", True), ("Anna,a@b.dk\nBo,b@b.dk\n", False), ("1,2\n3,4\n", False), ("", True)],
)
def test_a_first_row_with_values_is_no_header(sample, header):
    assert detect(io.BytesIO(sample.encode())).header == header


def test_without_a_header_columns_are_called_by_position():
    assert read(b"1,2\n3,4\n") == (["column 1", "column 2"], {1: ["1", "2"], 2: ["3", "4"]}, {})


def test_names_of_columns_are_made_unlike_each_other():
    assert read(b"a,a,,a\n1,2,3,4\n")[0] == ["a", "a (2)", "column 3", "a (3)"]


def test_rows_are_numbered_as_a_spreadsheet_shows_them():
    content = b'remark\n\na,b\n1,"two\nlines"\n\n , \n3,4\n'

    assert read(content, skip=2) == (["a", "b"], {4: ["1", "two\nlines"], 7: ["3", "4"]}, {})


def test_one_bad_row_never_stops_the_rest():
    long = b"x" * ((1 << 20) + 1)
    content = b'a,b\n1,2\n1,2,3\n1\n1,\x002\n1,"2"x\n"1,2\n3",4,5\n7,' + long + b"\n8,9\n"

    _columns, rows, bad = read(content)

    assert rows == {2: ["1", "2"], 9: ["8", "9"]}
    assert bad == {
        3: "ragged",
        4: "ragged",
        5: "nul_character",
        6: "broken_quote",
        7: "ragged_over_lines",
        8: "cell_too_large",
    }


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_header"),
        (b"\n\n \n", "no_header"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "unbalanced_quote"),
        (b'a,b\n1,2\n3,"4\n' + b"5,6\n" * 6_000_000, "unbalanced_quote"),
        (b"a\n" + b"x" * (17 << 20), "line_too_long"),
        (b"a," * 3_000 + b"\n", "too_many_columns"),
        (b"%PDF-1.7", "not_a_table"),
        (b"<!DOCTYPE html><table>", "not_a_table"),
        (b'<?xml version="1.0"?><svg/>', "not_a_table"),
        (b'[{"a": 1}]', "not_a_table"),
        (gzip.compress(b"a,b\n1,2\n")[:-9], "damaged"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "packed_wrongly"),
        (gzip.compress(b"a,b\n" + b"0,0\n" * 5_000_000), "unpacks_too_far"),
        (zipped(**{"a.csv": b"0,0\n" * 5_000_000}), "unpacks_too_far"),
        (zipped(**{"a.csv": b"a\n1\n", "b.csv": b"a\n1\n"}), "packed_wrongly"),
        (zipped(**{"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "spreadsheet"),
        (zipped(**{"a.csv": b"a,b\n1,2\n"})[:-20], "damaged"),
        (b"PAR1 and then nothing of it", "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_file_that_cannot_be_trusted_as_a_whole_is_refused(content, code):
    assert code_of(content) == code


def test_a_wrong_encoding_is_refused_with_the_place():
    content = b"a,b\n" + b"1,2\n" * 200_000 + "x,Åse\n".encode("latin-1")

    with pytest.raises(FileRefused, match="Byte 800006, near row 200002, is no utf-8") as refused:
        reading.survey(io.BytesIO(content), Format(encoding="utf-8"))
    assert refused.value.code == "wrong_encoding"


def test_an_unknown_encoding_is_refused_with_those_known():
    assert code_of(b"a\n1\n", encoding="klingon") == "unknown_encoding"
    assert code_of(b"a\n1\n", encoding="utf-7") == "unknown_encoding"


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_an_encoding_is_detected(name):
    content = "id;navn\n1;Sørensen\n2;Åström\n".encode(name)

    assert read(content) == (["id", "navn"], {2: ["1", "Sørensen"], 3: ["2", "Åström"]}, {})


def test_bytes_that_windows_has_not_are_read_as_latin_1():
    assert detect(io.BytesIO(b"a,b\n\x81,\xe6\n")).encoding == "latin-1"


def test_a_letter_cut_by_the_end_of_the_file_is_no_utf_8():
    assert detect(io.BytesIO("a,b\n1,å".encode()[:-1])).encoding == "windows-1252"


def test_foreign_words_show_each_candidate_encoding():
    file = io.BytesIO("navn\nÅse\n".encode())

    assert foreign_words(file, Format()) == {"utf-8": ["Ås"], "windows-1252": ["Ã"], "latin-1": ["Ã"]}


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped(**{"folder/Ø.csv": content})])
def test_a_packed_file_is_read_like_a_plain_one(pack):
    content = b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(20_000))

    assert read(pack(content)) == read(content)


def test_ndjson_is_read_with_members_by_dots_and_numbers_as_written():
    lines = [
        '{"id": 1, "price": 1.10, "big": 12345678901234567890123, "geo": {"city": "Århus"}}',
        "",
        '{"id": "2", "tags": ["a", "b"], "ok": true, "price": null}',
        "not json",
        '["a list"]',
        '{"id": "\\ud800"}',
        '{"id": "\\ud83d\\ude00"}',
        '{"deep": ' * 3_000 + "1" + "}" * 3_000,
    ]
    file = io.BytesIO("\n".join(lines).encode("utf-8-sig"))
    format = detect(file)
    (block,) = reading.blocks(file, format, size=1_000)

    assert format.kind == "ndjson"
    assert reading.survey(file, format).columns == ["id", "price", "big", "geo.city", "tags", "ok"]
    assert [
        {name: text for name, text in block.cells(place).items() if text} for place in range(len(block.numbers))
    ] == [
        {"id": "1", "price": "1.10", "big": "12345678901234567890123", "geo.city": "Århus"},
        {"id": "2", "tags": '["a", "b"]', "ok": "true"},
        {"id": "😀"},
    ]
    assert {row.number: row.fault.code for row in block.bad} == dict.fromkeys([4, 5, 6, 8], "not_json")


def test_parquet_is_read_as_text():
    table = pa.table(
        {
            "id": [17850, None],
            "price": [2.55, 6.0],
            "when": pa.array([1291191960000000000, 1291191960500000000], pa.timestamp("ns")),
            "name": ["Åse", None],
            "tags": [["a"], None],
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)

    (block,) = reading.blocks(out, detect(out), size=2_000)

    assert block.cells(0) == {
        "id": "17850",
        "price": "2.55",
        "when": "2010-12-01 08:26:00",
        "name": "Åse",
        "tags": '["a"]',
    }
    assert block.cells(1)["when"] == "2010-12-01 08:26:00.500000"
    assert [block.cells(1)[name] for name in ("id", "name", "tags")] == [None, None, None]


def test_columns_of_parquet_that_are_called_the_same_are_told_apart():
    out = io.BytesIO()
    pq.write_table(pa.table([["1"], ["2"], ["3"]], names=["a", "a", ""]), out)

    (block,) = reading.blocks(out, detect(out), size=10)

    assert block.cells(0) == {"a": "1", "a (2)": "2", "column 3": "3"}
    assert reading.survey(out, detect(out)).columns == ["a", "a (2)", "column 3"]


def test_a_parquet_page_of_one_repeated_giant_value_is_refused_before_it_is_spread_out():
    out = io.BytesIO()
    giant = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000, pa.int32()), ["x" * 500_000])
    pq.write_table(pa.table({"a": giant}), out)
    assert len(out.getvalue()) < 2_000_000

    with pytest.raises(FileRefused):
        list(reading.blocks(out, detect(out), size=2_000))


def test_wide_rows_make_smaller_blocks():
    row = b"x" * 900_000
    content = b"a\n" + (row + b"\n") * 100

    blocks = list(reading.blocks(io.BytesIO(content), Format(), size=1_000))

    assert [len(block) for block in blocks] == [75, 25]
