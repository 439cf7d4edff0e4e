"""Excel and Parquet in; Parquet, Excel and CSV out; files that are not what they claim."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from tasks.kind import BadInput
from tests.unit.tables_run import Done, tables_of, tables_of_file

Rows = list[list[object]]


def workbook(path: Path, **sheets: Rows) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def parquet(folder: Path, frame: pl.DataFrame, **options: object) -> Done:
    frame.write_parquet(folder / "upload")
    return tables_of_file(folder / "upload", "a.parquet", **options)


def test_a_sheet_becomes_a_table_with_excels_types(tmp_path: Path) -> None:
    rows: Rows = [["n", "x", "day", "at", "clock", "is", "zip", "mixed"]]
    for number in range(1, 4):
        day = dt.datetime(2024, 1, number)  # noqa: DTZ001 - Excel knows no zones
        rows.append(
            [
                number,
                number / 3,
                day,
                day.replace(hour=5),
                dt.time(4, 5),
                number == 1,
                f"0{number}",
                "many" if number == 2 else number / 3,
            ]
        )
    table = tables_of_file(workbook(tmp_path / "w", First=rows), "a.xlsx").table

    assert table.row(0) == (
        1,
        1 / 3,
        dt.date(2024, 1, 1),
        dt.datetime(2024, 1, 1, 5),  # noqa: DTZ001 - see above
        dt.time(4, 5),
        True,
        "01",
        "0.3333333333333333",
    )
    assert table["mixed"].to_list()[1:] == ["many", "1"]


def test_the_first_sheet_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    book = workbook(tmp_path / "w", One=[["a"], [1]], Zwei=[["b"], [2]])

    assert tables_of_file(book, "a.xlsx").table.columns == ["a"]
    assert tables_of_file(book, "a.xlsx", sheet=" zwei ").table.columns == ["b"]


@pytest.mark.parametrize(
    ("sheets", "sheet", "words"),
    [
        ({"One": [["a"], [1]]}, "Two", "no sheet called 'Two'. It has 'One'"),
        ({"One": [], "Two": [["a"], [1]]}, None, "'One' is empty. Perhaps .* another sheet: Two"),
        ({"One": [["a", "b"]]}, None, "'One' has a header and no rows"),
    ],
)
def test_a_sheet_without_a_table_is_refused_in_words(
    tmp_path: Path, sheets: dict[str, Rows], sheet: str | None, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        tables_of_file(workbook(tmp_path / "w", **sheets), "a.xlsx", sheet=sheet)


def test_rows_above_a_sheets_header_are_skipped_when_asked(tmp_path: Path) -> None:
    book = workbook(tmp_path / "w", One=[["Report"], [], ["a", "b"], [1, 2], [None, None], [3, 4]])
    done = tables_of_file(book, "a.xlsx", skip=2)

    assert done.table.rows() == [(1, 2), (3, 4)]
    with pytest.raises(BadInput, match="no rows"):
        tables_of_file(book, "a.xlsx", skip=5)
    with pytest.raises(BadInput, match="is empty"):
        tables_of_file(book, "a.xlsx", skip=50)


def test_parquet_keeps_its_types_and_its_texts_are_cleaned(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            " n ": pl.Series([1, 2, None], dtype=pl.UInt8),
            "f": [1.5, float("nan"), 2.0],
            "text": [" 12", "NA", "3"],
            "kind": pl.Series(["x", " y ", "x"], dtype=pl.Categorical),
            "price": pl.Series(["1.50", None, "2.25"]).cast(pl.Decimal(10, 2)),
            "list": [[1, 2], None, []],
            "void": pl.Series([None, None, None]),
        }
    )
    done = parquet(tmp_path, frame)

    assert done.table.columns == ["n", "f", "text", "kind", "price", "list"]
    assert done.table["f"].to_list() == [1.5, None, 2.0]
    assert done.table["text"].to_list() == [12, None, 3]
    assert done.table["kind"].to_list() == ["x", "y", "x"]
    assert done.table.schema["n"] == pl.UInt8
    assert done.table.schema["price"] == pl.Decimal(10, 2)
    assert done.column("list")["type"] == "nested"


def test_a_large_parquet_file_is_guessed_from_many_places(tmp_path: Path) -> None:
    texts = [str(number) for number in range(500_000)]
    done = parquet(tmp_path, pl.DataFrame({"a": texts, "b": [*texts[:-1], "last"]}))

    assert done.table.schema == {"a": pl.Int64, "b": pl.String}


def test_a_damaged_parquet_file_is_refused_in_words(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pl.DataFrame({"a": list(range(5000)), "b": ["text"] * 5000}).write_parquet(buffer)
    whole = buffer.getvalue()
    for broken in (whole[:-100], b"PAR1" + bytes(100), whole[:8] + b"\xff" * 900 + whole[908:]):
        with pytest.raises(BadInput, match="damaged"):
            tables_of(tmp_path, broken, "a.parquet")


PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            # Not by its name alone, which would put the time into it, and into the names of tests.
            archive.writestr(zipfile.ZipInfo(name), "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"a,b\n1,2\n", "not an Excel workbook.* plain text.* end in .csv"),
        ("a.parquet", PNG, "a picture, not a table"),
        ("a.parquet", b"a,b\n1,2\n", "not a Parquet file.* plain text"),
        ("a.csv", b"PAR1" + bytes(20), "not plain text.* a Parquet file.* end in .parquet"),
        ("a.csv", zipped("xl/workbook.xml"), "an Excel workbook.* end in .xlsx"),
        ("a.xlsx", zipped("xl/workbook.xml"), "can't be read"),
        ("a.csv", zipped("data.csv"), "a ZIP archive.* Unpack it"),
        ("a.xlsx", zipped("content.xml"), "an OpenDocument file"),
        ("a.xlsx", zipped("a")[:40], "damaged or incomplete"),
        ("a.csv", b"\x1f\x8b" + bytes(20), "a gzip archive.* Unpack it"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(20), "old Excel workbook .* password"),
        ("a.csv", b"<!DOCTYPE html><table>", "a web page, not a table"),
        ("a.csv", b'[{"a": 1}]', "JSON, not a table"),
        ("a.csv", b"%PDF-1.7 ...", "a PDF document"),
        ("a.csv", b"a,b\n\0\1\2\0\0\3", "neither text, nor Excel, nor Parquet"),
    ],
)
def test_a_file_that_is_something_else_is_refused_in_words(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        tables_of(tmp_path, content, name)


def test_a_name_without_a_known_suffix_claims_nothing(tmp_path: Path) -> None:
    assert tables_of(tmp_path, "a,b\n1,2\n", "export.dat").table.height == 1


EVERYTHING = pl.DataFrame(
    {
        "text": ["=1+1", "http://x.example"],
        "code": ["007", "+49 30"],
        "big": [10**17, 5],
        "float": [1.5, float("inf")],
        "day": [dt.date(2024, 1, 2), dt.date(1850, 1, 1)],
        "at": [dt.datetime(2024, 1, 2, 3, 4, 5), None],  # noqa: DTZ001 - without a zone
        "zoned": [dt.datetime(2024, 1, 2, 3, tzinfo=dt.UTC), None],
        "is": [True, None],
        "list": [[1, 2], None],
        "bytes": [b"\xff", None],
        "lasted": [dt.timedelta(hours=1), None],
        "long": ["x" * 40_000, "y"],
    }
)


def test_a_workbook_holds_every_type_and_no_formula(tmp_path: Path) -> None:
    done = parquet(tmp_path, EVERYTHING, cleaned="xlsx")
    sheet = zipfile.ZipFile(done.folder / "cleaned.xlsx").read("xl/worksheets/sheet1.xml").decode()
    back = pl.read_excel(done.folder / "cleaned.xlsx", infer_schema_length=None)

    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert back["text"].to_list() == ["=1+1", "http://x.example"]
    assert back["code"].to_list() == ["007", "+49 30"]
    assert back["big"].to_list() == [str(10**17), "5"]
    assert back["day"].to_list() == ["2024-01-02 00:00:00", "1850-01-01"]
    assert back["zoned"][0] == "2024-01-02T03:00:00+00:00"
    assert back["list"][0] == "[1,2]"
    assert len(back["long"][0]) == 32_767
    for words in ("texts cut after 32,767", "numbers kept as texts", "dates before 1901"):
        assert words in done.remarks


def test_a_csv_file_holds_every_type_and_warns_of_formulas(tmp_path: Path) -> None:
    done = parquet(tmp_path, EVERYTHING, cleaned="csv")
    first, second = pl.read_csv(done.folder / "cleaned.csv", infer_schema=False).rows()

    assert first[:-1] == (
        "=1+1",
        "007",
        "100000000000000000",
        "1.5",
        "2024-01-02",
        "2024-01-02T03:04:05",
        "2024-01-02T03:00:00+00:00",
        "true",
        "[1,2]",
        "ff",
        "3600.0",
    )
    assert second[3:5] == ("inf", "1850-01-01")
    assert "1 text in the CSV file begin like a formula" in done.remarks
    assert "formula" not in parquet(tmp_path, EVERYTHING).remarks


def test_a_table_too_long_for_excel_becomes_csv_and_says_so(tmp_path: Path) -> None:
    done = parquet(tmp_path, pl.DataFrame({"a": range(1_048_576)}), cleaned="xlsx")

    assert done.result["cleaned table"] == "cleaned.csv"
    assert "holds 1,048,576 rows, the header among them" in str(done.result["note 1"])
    assert not (done.folder / "cleaned.xlsx").exists()


def test_duplicate_rows_are_counted_and_dropped_when_asked(tmp_path: Path) -> None:
    frame = pl.DataFrame({"row": [1, 2, 1, 3, 1, None], "b": ["x", "y", "x", "x", "x", "z"]})

    assert parquet(tmp_path, frame).result["duplicate rows"] == "2 (kept)"
    done = parquet(tmp_path, frame, drop_duplicates=True)
    assert done.table.rows() == [(1, "x"), (2, "y"), (3, "x"), (None, "z")]
    assert done.result["rows"] == 4
    assert "2 rows equal to an earlier one: dropped." in done.cleanings


@pytest.mark.parametrize("cleaned", ["parquet", "csv", "xlsx"])
def test_empty_columns_are_dropped_from_every_format(tmp_path: Path, cleaned: str) -> None:
    done = tables_of(tmp_path, "a,void,b\n1,,2\n3,NA,4\n", cleaned=cleaned)
    read = getattr(pl, f"read_{cleaned}".replace("xlsx", "excel"))

    assert read(done.folder / f"cleaned.{cleaned}").columns == ["a", "b"]
    assert "1 empty column: dropped (“void”)." in done.cleanings
