"""Which files are shown, and what is read of them."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ledger.files import media_type
from ledger.record import StoredFile
from webapp.previews import (
    HEAD,
    LARGEST,
    LONGEST,
    ROWS,
    SMALL,
    Way,
    head,
    icon_for,
    media_type_of,
    opened,
    poster_for,
    way_for,
)


def file(name: str, size: int = 10) -> StoredFile:
    now = datetime.now(UTC)
    return StoredFile(name, "j", 1, "ada", name, media_type(name), size, "", now)


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
        ("a.pdf", Way.PDF),
        ("a.wav", Way.SOUND),
        ("a.opus", Way.SOUND),
        ("a.MP4", Way.VIDEO),
        ("a.ts", Way.TEXT),
        ("a.xml", Way.TEXT),
        ("a.parquet", None),
        ("a.xlsx", None),
        ("a.zip", None),
        ("a", None),
    ],
)
def test_a_file_is_shown_by_its_name(name: str, way: Way | None) -> None:
    assert way_for(file(name)) is way


def test_a_browser_is_told_the_type_of_a_files_name_wherever_the_file_came_from() -> None:
    odd = replace(file("a.png"), media_type="text/html")
    assert (way_for(odd), media_type_of(odd)) == (Way.PICTURE, "image/png")


def test_an_enormous_picture_is_only_downloaded() -> None:
    assert way_for(file("a.png", LARGEST + 1)) is None


def test_every_icon_is_one_of_bootstraps() -> None:
    from webapp.look import icon  # noqa: PLC0415 - only this test needs Flask

    unknown = icon("no such icon")
    names = ("csv", "png", "html", "xlsx", "parquet", "zip", "pdf", "bin", "md", "mp4", "wav", "c")
    for name in (f"a.{suffix}" for suffix in names):
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


def test_json_that_would_grow_without_bound_is_left_as_it_is() -> None:
    deep = "[" * 300 + "1" + ",1" * 5000 + "]" * 300
    assert len(deep) * 300 * 2 > LONGEST
    assert head(Way.TEXT, io.BytesIO(deep.encode())).text == deep


@pytest.mark.parametrize("data", [b"a,b\r1,2\r", "a,b\r\n1,2\r\n".encode("utf-16")])
def test_tables_of_old_macs_and_of_excel_are_read(data: bytes) -> None:
    assert head(Way.TABLE, io.BytesIO(data)).rows == [["a", "b"], ["1", "2"]]


def test_a_table_that_is_one_enormous_line_costs_no_more_than_its_head() -> None:
    line = io.BytesIO(b"a,b," + b"x" * 50_000_000)
    assert head(Way.TABLE, line).rows == [["a", "b", "x" * (HEAD - 4)]]
    assert line.tell() == HEAD + 1


def test_a_few_small_previews_are_open_from_the_start_and_never_a_poster() -> None:
    outputs = [file("a.zip"), file("poster.jpg"), file("large.png", SMALL + 1), file("film.mp4")]
    outputs += [file("long.wav", 10 * SMALL), file("a.csv", 10 * SMALL), file("b.csv")]
    assert opened(outputs) == {"film.mp4", "long.wav", "a.csv"}


@pytest.mark.parametrize("name", ["film.jpg", "film-poster.png", "film.poster.webp", "poster.jpg"])
def test_a_poster_stands_for_the_video_that_it_is_named_after(name: str) -> None:
    video, poster = file("film.mp4"), file(name)
    assert poster_for(video, [file("other.jpg"), video, poster]) is poster
    assert poster_for(video, [file("other.jpg"), video]) is None
