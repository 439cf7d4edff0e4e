"""What texts are recognised as, and what is better left as text."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.kinds.tables.options import spellings
from tests.unit.tables_run import Done, tables_of


def column(folder: Path, *values: str, **options: Any) -> Done:
    """Clean a table whose column `x` holds the values; `n` numbers the rows."""
    rows = "".join(f'{number},"{value}"\n' for number, value in enumerate(values))
    return tables_of(folder, "n,x\n" + rows, **options)


DAY = dt.date(2024, 1, 2)
MOMENT = dt.datetime(2024, 1, 2, 15, 4, 5)  # noqa: DTZ001 - a table's times have no zone


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1", "-7", "+5", "0"], [1, -7, 5, 0]),
        (["9223372036854775807", "1"], [2**63 - 1, 1]),
        (["1.5", "-.5", "2", "1e3"], [1.5, -0.5, 2.0, 1000.0]),
        (["1.5", "inf", "-Infinity"], [1.5, float("inf"), float("-inf")]),
        (["1,5", "-2,25", "3"], [1.5, -2.25, 3.0]),
        (["1.234,5", "12", "1.000.000,25"], [1234.5, 12.0, 1000000.25]),
        (["1,234.5", "12", "1,000,000.25"], [1234.5, 12.0, 1000000.25]),
        (["1,234,567", "12"], [1234567, 12]),
        (["1 234,5", "1\N{NO-BREAK SPACE}234,5"], [1234.5, 1234.5]),
        (["1 234", "5"], [1234, 5]),
        (["1'234.5", "5"], [1234.5, 5.0]),
        (["2024-01-02", "2024-1-2"], [DAY, DAY]),
        (["2024/01/02"], [DAY]),
        (["02.01.2024", "2.1.2024"], [DAY, DAY]),
        (["02/01/2024", "31/12/2024"], [DAY, dt.date(2024, 12, 31)]),
        (["01/02/2024", "12/31/2024"], [DAY, dt.date(2024, 12, 31)]),
        (["2 Jan 2024", "02 jan 2024"], [DAY, DAY]),
        (["January 2, 2024"], [DAY]),
        (["2024-01-02T15:04:05", "2024-01-02T15:04:05.000"], [MOMENT, MOMENT]),
        (["2024-01-02 15:04:05"], [MOMENT]),
        (["02.01.2024 15:04:05"], [MOMENT]),
        (["1/2/2024 03:04:05 PM", "12/31/2024 3:04:05 am"], [MOMENT, None]),
        (["yes", "No", "YES"], [True, False, True]),
        (["ja", "nein"], [True, False]),
        (["TRUE", "false"], [True, False]),
    ],
)
def test_values_are_recognised(tmp_path: Path, texts: list[str], values: list[object]) -> None:
    found = column(tmp_path, *texts).table["x"].to_list()

    expected = [one if value is None else value for one, value in zip(found, values, strict=True)]
    assert found == expected
    assert [type(one) for one in found] == [type(one) for one in expected]


def test_times_of_a_zone_are_in_utc(tmp_path: Path) -> None:
    done = column(tmp_path, "2024-01-02T15:04:05+01:00", "2024-01-02T14:04:05Z")

    assert done.table.schema["x"] == pl.Datetime("us", "UTC")
    assert done.table["x"].n_unique() == 1


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["01067", "80331"], "begin with a zero"),
        (["123456789012345678901", "1"], "can't hold so many digits"),
        (["+491511234567", "+4930123456"], "Telephone numbers"),
        (["31.12.99", "01.02.24"], "years of two digits"),
        (["03/04/2024", "05/06/2024"], "day first or month first"),
        (["03-04-2024"], "day first or month first"),
        (["1,234", "5,678"], "decimal comma or part thousands"),
        (["12 %", "3.5 %"], "Percentages"),
        (["€ 12", "3.50 EUR"], "currency"),
        (["01/31/2024", "31/01/2024"], ""),
        (["1.5", "1,5"], ""),
        (["1e400", "2"], ""),
        (["2024-02-30", "2024-02-01"], ""),
        (["no", "no"], "Every value is the same"),
        (["yes", "no", "maybe"], ""),
        (["1.2.3.4", "5.6.7.8"], ""),
        (["１２", "３"], ""),  # noqa: RUF001 - digits of full width
        (["0x1f", "0b1"], ""),
        (["1_000", "2_000"], ""),
    ],
)
def test_what_is_not_sure_stays_text(tmp_path: Path, texts: list[str], why: str) -> None:
    done = column(tmp_path, *texts)

    assert done.table["x"].to_list() == texts
    assert why in done.remarks


def test_the_person_decides_between_day_and_month(tmp_path: Path) -> None:
    done = column(tmp_path, "03/04/2024", slashes="month first")
    assert done.table["x"].to_list() == [dt.date(2024, 3, 4)]
    done = column(tmp_path, "03/04/2024", slashes="day first")
    assert done.table["x"].to_list() == [dt.date(2024, 4, 3)]


def test_a_date_that_contradicts_the_person_stays_text(tmp_path: Path) -> None:
    texts = ["03/04/2024"] * 3 + ["13/04/2024", "04/13/2024"]

    assert column(tmp_path, *texts, slashes="day first").table["x"].to_list() == texts


def test_other_columns_decide_between_day_and_month(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "a,b\n03/04/2024,31/12/2024\n")

    assert done.table["a"].to_list() == [dt.date(2024, 4, 3)]
    assert "could be read in two ways; they were read day first" in done.remarks


def test_other_columns_decide_what_a_comma_means(tmp_path: Path) -> None:
    german = tables_of(tmp_path, "a;b\n1,234;1,5\n")
    assert german.table["a"].to_list() == [1.234]
    english = tables_of(tmp_path, "a;b\n1,234;1.5\n")
    assert english.table["a"].to_list() == [1234]


def test_other_columns_decide_what_a_point_means(tmp_path: Path) -> None:
    assert tables_of(tmp_path, "a;b\n1.234;1,5\n").table["a"].to_list() == [1234]
    assert tables_of(tmp_path, "a;b\n1.234;x\n").table["a"].to_list() == [1.234]


def test_empty_texts_and_words_become_missing_and_are_counted(tmp_path: Path) -> None:
    done = column(tmp_path, "1", "NA", "n/a", " Null ", "-", "", "  ", "2")

    assert done.table["x"].to_list() == [1, None, None, None, None, None, None, 2]
    assert done.column("x")["cleaning"]["words_for_missing"] == 4
    assert done.column("x")["missing"] == 6
    assert "4 cells with a word for missing" in done.cleanings


def test_the_person_chooses_the_words_for_missing(tmp_path: Path) -> None:
    texts = ["NA", "DE", "k.A.", "k.A"]
    done = column(tmp_path, *texts, missing=spellings("k.A."))

    assert done.table["x"].to_list() == ["NA", "DE", None, "k.A"]


def test_texts_are_trimmed_and_counted(tmp_path: Path) -> None:
    done = column(tmp_path, " a", "b\N{NO-BREAK SPACE}", "c d", "\t\te\n")

    assert done.table["x"].to_list() == ["a", "b", "c d", "e"]
    assert "3 cells with spaces at an end: trimmed." in done.cleanings


def test_one_value_of_another_kind_is_named(tmp_path: Path) -> None:
    done = column(tmp_path, *map(str, range(99)), "a lot")

    assert done.column("x")["type"] == "text"
    assert "All values but 1 are whole numbers" in done.remarks
    assert "“a lot”" in done.remarks
