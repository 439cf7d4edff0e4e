"""Which files are shown, and what is read of them."""

import io
from datetime import UTC, datetime

import pytest

from ledger.files import media_type
from ledger.record import StoredFile
from webapp.previews import HEAD, LARGEST, ROWS, Way, head, icon_for, way_for


def file(name: str, size: int = 10) -> StoredFile:
    now = datetime.now(UTC)
    return StoredFile("1", "j", 1, "ada", name, media_type(name), size, "", now)


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("a.PNG", Way.PICTURE),
        ("a.svg", Way.PICTURE),
        ("report.html", Way.PAGE),
        ("a.csv", Way.TABLE),
        ("a.tsv", Way.TABLE),
        ("a.json", Way.TEXT),
        ("a.txt", Way.TEXT),
        ("a.py", Way.TEXT),
        ("a.pdf", None),
        ("a.zip", None),
        ("a", None),
    ],
)
def test_a_file_is_shown_by_its_name(name: str, way: Way | None) -> None:
    assert way_for(file(name)) is way


def test_an_enormous_picture_is_only_downloaded() -> None:
    assert way_for(file("a.png", LARGEST + 1)) is None


def test_every_icon_is_one_of_bootstraps() -> None:
    from webapp.look import icon  # noqa: PLC0415 - only this test needs Flask

    unknown = icon("no such icon")
    for name in ("a.csv", "a.png", "a.html", "a.xlsx", "a.parquet", "a.zip", "a.pdf", "a.bin"):
        assert icon(icon_for(file(name))) != unknown


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_is_split_at_its_own_separator(separator: str) -> None:
    text = separator.join(["city", '"a b"']) + "\n" + separator.join(["Ulm", "1"]) + "\n"
    assert head(Way.TABLE, io.BytesIO(text.encode())).rows == [["city", "a b"], ["Ulm", "1"]]


def test_a_long_table_shows_whole_rows_and_says_that_there_are_more() -> None:
    text = "n,text\n" + "\n".join(f"{n},{'x' * 100}" for n in range(10_000))
    shown = head(Way.TABLE, io.BytesIO(text.encode()))
    assert shown.rows is not None
    assert len(shown.rows) == ROWS + 1
    assert shown.rows[-1] == [str(ROWS - 1), "x" * 100]
    assert not shown.whole


def test_a_cut_row_is_left_out() -> None:
    text = "n,text\n1,short\n2," + "x" * HEAD
    assert head(Way.TABLE, io.BytesIO(text.encode())).rows == [["n", "text"], ["1", "short"]]


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    assert head(Way.TEXT, io.BytesIO(b"a\xff\xfeb")).text == "a\ufffd\ufffdb"


def test_json_is_indented_and_what_only_looks_like_it_is_left_alone() -> None:
    assert head(Way.TEXT, io.BytesIO(b'{"a":[1]}')).text == '{\n  "a": [\n    1\n  ]\n}'
    assert head(Way.TEXT, io.BytesIO(b'{"a":1}\n{"a":2}\n')).text == '{"a":1}\n{"a":2}\n'
    assert head(Way.TEXT, io.BytesIO(b"[" * 50_000)).text == "[" * 50_000
