"""Texts: encodings, separators, headers, rows that don't fit, quotation marks."""

from pathlib import Path

import pytest

from tasks.kind import BadInput
from tests.unit.tables_run import tables_of

GERMAN = "Name;Straße;Ort\nMüller;Königsallee 3;Düsseldorf\nGroß;Mühlweg 4;Köln\n"
RUSSIAN = "имя,город\nИван,Москва\nОльга,Санкт-Петербург\nПётр,Казань\n"  # noqa: RUF001 - Russian
POLISH = "imię,miasto\nŁukasz,Łódź\nZażółć,Gdańsk\nMałgorzata,Kraków\nŻaneta,Częstochowa\n"
JAPANESE = "名前,都市\n田中,東京\n鈴木,大阪\nさくら,京都\n"


@pytest.mark.parametrize(
    ("text", "codec", "called"),
    [
        (GERMAN, "utf-8", "UTF-8"),
        (GERMAN, "utf-8-sig", "UTF-8"),
        (GERMAN, "utf-16", "UTF-16"),
        (GERMAN, "utf-16-le", "UTF-16"),
        (GERMAN, "utf-16-be", "UTF-16"),
        (GERMAN, "utf-32", "UTF-32"),
        (GERMAN, "latin-1", "Windows-1252 (Western)"),
        (POLISH, "cp1250", "Windows-1250 (Central European)"),
        (RUSSIAN, "cp1251", "Windows-1251 (Cyrillic)"),
        (JAPANESE, "shift_jis", "Shift JIS (Japanese)"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, text: str, codec: str, called: str) -> None:
    done = tables_of(tmp_path, text.encode(codec))

    header, *rows = [line.replace(";", ",").split(",") for line in text.splitlines()]
    assert done.facts["file"]["encoding"] == called
    assert done.table.columns == header
    assert done.table.rows() == [tuple(row) for row in rows]


def test_a_guessed_encoding_is_said_to_be_guessed(tmp_path: Path) -> None:
    assert "can only be guessed" in tables_of(tmp_path, GERMAN.encode("cp1252")).remarks
    assert "guessed" not in tables_of(tmp_path, GERMAN).remarks


def test_a_chosen_encoding_is_used(tmp_path: Path) -> None:
    done = tables_of(tmp_path, GERMAN.encode("cp850"), encoding="DOS 850")

    assert done.table["Ort"].to_list() == ["Düsseldorf", "Köln"]
    assert "guessed" not in done.remarks


def test_letters_far_down_a_file_decide_its_encoding(tmp_path: Path) -> None:
    plain = "name,town\n" + f"Anna,{'Bonn ' * 40}\n" * 25_000
    done = tables_of(tmp_path, (plain + "Zoë,Nîmes\nLoïc,Orléans\n").encode("cp1252"))

    assert done.facts["file"]["encoding"] == "Windows-1252 (Western)"
    assert done.table["name"][-1] == "Loïc"


def test_a_few_broken_characters_leave_a_text_utf_8(tmp_path: Path) -> None:
    text = (GERMAN * 20).encode() + b"M\xfcller;x;y\n"
    done = tables_of(tmp_path, text)

    assert done.facts["file"]["encoding"] == "UTF-8"
    assert done.table["Name"][-1] == "M\N{REPLACEMENT CHARACTER}ller"
    assert "1 character broken" in done.remarks


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separator_and_line_ends_are_found(tmp_path: Path, separator: str, end: str) -> None:
    lines = [["a", "b", "c"], ["x y", "1", "p"], ["z", "2", "q"]]
    text = end.join(separator.join(line) for line in lines)
    done = tables_of(tmp_path, text)

    assert done.table.rows() == [("x y", 1, "p"), ("z", 2, "q")]


def test_decimal_commas_are_no_separators(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "a;b;c\n1,5;2,5;x\n2,25;3;y\n")

    assert done.table.rows() == [(1.5, 2.5, "x"), (2.25, 3.0, "y")]


def test_commas_in_sentences_are_no_separators(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "remark\nyes, of course\nno\nwell, perhaps, later\n")

    assert done.table["remark"].to_list() == ["yes, of course", "no", "well, perhaps, later"]


def test_names_with_commas_are_one_column(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "name\nMeier, Hans\nMüller, Jörg\n")

    assert done.table["name"].to_list() == ["Meier, Hans", "Müller, Jörg"]


def test_a_title_above_the_header_is_pointed_out(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "Report May\na,b,c\n" + "1,2,3\n" * 30)

    assert done.table.width == 3
    assert "skip the lines above it" in done.remarks


def test_a_chosen_separator_is_used(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "a;b,c\n1;2,3\n", separator="semicolon")

    assert done.table.columns == ["a", "b,c"]


def test_excels_line_that_names_the_separator_is_no_row(tmp_path: Path) -> None:
    assert tables_of(tmp_path, "sep=;\na;b\n1;2\n").table.rows() == [(1, 2)]


def test_lines_above_the_header_are_skipped_when_asked(tmp_path: Path) -> None:
    done = tables_of(tmp_path, 'Report, May\n"made, today"\n\na,b\n1,2\n', skip=2)

    assert done.table.columns == ["a", "b"]


def test_a_table_without_header_gets_numbered_columns(tmp_path: Path) -> None:
    done = tables_of(tmp_path, b"\xef\xbb\xbf1,x\n2,y\n", header=False)

    assert done.table.columns == ["column_1", "column_2"]
    assert done.table.rows() == [(1, "x"), (2, "y")]
    assert "no header" in done.cleanings


def test_names_of_columns_become_tidy_and_unique(tmp_path: Path) -> None:
    done = tables_of(tmp_path, ' a ,a,,a_2,"two\nlines",a\n1,2,3,4,5,6\n')

    assert done.table.columns == ["a", "a_3", "column_3", "a_2", "two lines", "a_4"]
    assert "names of columns made unique or tidy" in done.cleanings


def test_quoted_values_hold_anything(tmp_path: Path) -> None:
    done = tables_of(tmp_path, 'a,b\n"x\n\ny, ""z""",1\n"\r\n",2\n"5"" pipe",3\n')

    assert done.table.rows() == [('x\n\ny, "z"', 1), (None, 2), ('5" pipe', 3)]


@pytest.mark.parametrize("odd", ['5" pipe', '"quoted" and more', '6" x 4"', 'say "hi"'])
def test_quotation_marks_inside_values_are_text(tmp_path: Path, odd: str) -> None:
    done = tables_of(tmp_path, f"a,b\n{odd},1\nplain,2\n")

    assert done.table["a"][0].replace('"', "") == odd.replace('"', "")
    assert done.table["b"].to_list() == [1, 2]


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_quotation_mark_that_is_never_closed_is_named_by_its_line(
    tmp_path: Path, end: str
) -> None:
    rows = 'x,"1\n2"\n' * 3
    with pytest.raises(BadInput, match="The row in line 8 opens a quotation mark"):
        tables_of(tmp_path, f'a,b\n{rows}y,"open\nz,3\nz,4{end}')


UNEVEN = 'a,b,c\n1,2,3\n4,5\n"6\n6",7,8\n9,10,11,12\n13,14,15\n'


def test_uneven_rows_are_named_by_their_lines(tmp_path: Path) -> None:
    done = tables_of(tmp_path, UNEVEN)

    assert done.result["uneven rows"] == (
        "line 3 has 2 values where the header has 3; line 6 has 4 values where the header has 3"
    )
    assert done.table["b"].to_list() == [2, 5, 7, 14]
    assert (done.folder / "uneven-rows.csv").read_text() == "line,values\n6,9,10,11,12\n"


def test_all_uneven_rows_are_set_aside_when_asked(tmp_path: Path) -> None:
    done = tables_of(tmp_path, UNEVEN, uneven="set all aside")

    assert done.table["b"].to_list() == [2, 7, 14]
    aside = (done.folder / "uneven-rows.csv").read_text()
    assert aside == "line,values\n3,4,5\n6,9,10,11,12\n"
    assert done.facts["cleaning"]["rows_set_aside"] == 2


def test_an_uneven_row_stops_the_job_when_asked(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Line 3 has 2 values where the header has 3"):
        tables_of(tmp_path, UNEVEN, uneven="stop")


def test_separators_at_the_end_of_a_row_are_no_values(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "a,b\n1,2,,\n3,4\n")

    assert done.table.rows() == [(1, 2), (3, 4)]
    assert "uneven rows" not in done.result


def test_row_names_without_a_header_become_a_column(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "a,b\n" + "".join(f"r{n},{n},{n}\n" for n in range(30)))

    assert done.table.columns == ["column_1", "a", "b"]
    assert "row names" in done.remarks


def test_a_header_that_fits_hardly_any_row_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{n}" + ",x" * (n % 7 + 2) + "\n" for n in range(100))
    with pytest.raises(BadInput, match="Most rows don't fit the header: line 2 has 3 values"):
        tables_of(tmp_path, "Report,May\n" + rows)


def test_empty_rows_are_dropped_and_counted(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "a,b\n1,2\n\n , \n,\n3,4\n\n")

    assert done.table.rows() == [(1, 2), (3, 4)]
    assert done.facts["cleaning"]["empty_rows_dropped"] in {3, 4}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \r\n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"a,b\n", "a header and no rows"),
        (b"a,b\n,\nNA,n/a\n", "2 rows, and none holds a value"),
    ],
)
def test_a_text_without_values_is_refused_in_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        tables_of(tmp_path, content)


def test_skipping_more_lines_than_there_are_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="blank lines below the first 9 lines"):
        tables_of(tmp_path, "a,b\n1,2\n", skip=9)


def test_a_guess_that_fails_far_down_is_put_right(tmp_path: Path) -> None:
    rows = [f"{n},{n},0{n},{n},{'long ' * 20}" for n in range(1, 110_000)]
    rows[90_001] = "late,2.5,7,01234,x"
    done = tables_of(tmp_path, "text,number,code,zip,pad\n" + "\n".join(rows))

    kinds = [str(kind) for kind in done.table.dtypes]
    assert kinds == ["String", "Float64", "String", "String", "String"]
    assert done.table.row(90_001) == ("late", 2.5, "7", "01234", "x")
    assert "All values but 1 are whole numbers" in done.remarks


def test_progress_names_its_steps_and_only_grows(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "a,b\n" + "1,x\n" * 1000)

    shares = [share for share, _, _ in done.told]
    steps = " ".join(text for _, _, text in done.told)
    assert shares == sorted(shares)
    assert {total for _, total, _ in done.told} == {100}
    for step in ("looking at the file", "profiling 2 of 2 columns", "writing the report"):
        assert step in steps
