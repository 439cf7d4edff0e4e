"""The report: figures that are right, charts, a page that is safe and JSON that is valid."""

import datetime as dt
import html.parser
import random
import statistics
from pathlib import Path

import polars as pl
import pytest

from tests.unit.tables_run import Done, tables_of, tables_of_file

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(html.parser.HTMLParser):
    """Checks that every element is closed where it should be, and collects what is in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def of_frame(folder: Path, frame: pl.DataFrame, **options: object) -> Done:
    frame.write_parquet(folder / "upload")
    return tables_of_file(folder / "upload", "a.parquet", **options)


def test_figures_of_numbers_are_those_of_a_plain_calculation(tmp_path: Path) -> None:
    chance = random.Random(3)  # noqa: S311 - any numbers, the same each time
    values = [round(chance.gauss(50, 20), 1) for _ in range(997)]
    frame = pl.DataFrame({"x": [*values, None, None], "n": range(999)})
    column = of_frame(tmp_path, frame).column("x")
    figures = column["figures"]

    assert figures["min"] == min(values)
    assert figures["max"] == max(values)
    assert figures["mean"] == pytest.approx(statistics.fmean(values))
    assert figures["std"] == pytest.approx(statistics.stdev(values))
    twentieths = statistics.quantiles(values, n=20, method="inclusive")
    for name, place in {"p5": 0, "p25": 4, "median": 9, "p75": 14, "p95": 18}.items():
        assert figures[name] == pytest.approx(twentieths[place])
    assert column["distinct"] == len(set(values))
    assert column["missing"] == 2
    assert sum(column["histogram"]["rows"]) == 997
    assert column["most_frequent"][0]["rows"] == max(map(values.count, values))


@pytest.mark.parametrize("kind", [pl.Int64, pl.Float64, pl.Date, pl.Datetime("us")])
def test_a_histogram_counts_every_value_between_its_edges(
    tmp_path: Path, kind: pl.DataType
) -> None:
    chance = random.Random(4)  # noqa: S311 - any numbers, the same each time
    numbers = [chance.randint(-500, 500) for _ in range(2000)]
    frame = pl.DataFrame({"x": pl.Series(numbers).cast(kind)})
    histogram = of_frame(tmp_path, frame).column("x")["histogram"]

    edges, rows = histogram["edges"], histogram["rows"]
    assert sum(rows) == 2000
    assert len(edges) == len(rows) + 1
    assert len(rows) <= 31
    if kind == pl.Int64:
        for count, low, high in zip(rows, edges, edges[1:], strict=False):
            assert count == sum(low <= number < high for number in numbers)


def test_far_outliers_do_not_flatten_a_histogram(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": [*range(1000), 10**9]})
    histogram = of_frame(tmp_path, frame).column("x")["histogram"]

    assert histogram["edges"][-1] < 2000
    assert histogram["rows_below"] + histogram["rows_above"] + sum(histogram["rows"]) == 1001


def test_dates_and_texts_get_figures_of_their_own(tmp_path: Path) -> None:
    days = [dt.date(2024, 1, day) for day in (1, 2, 2, 31)]
    frame = pl.DataFrame({"day": days, "text": ["a", "bb", "bb", "ccccc"]})
    done = of_frame(tmp_path, frame)

    figures = done.column("day")["figures"]
    assert (figures["min"], figures["median"], figures["max"]) == (
        "2024-01-01",
        "2024-01-02",
        "2024-01-31",
    )
    figures = done.column("text")["figures"]
    assert (figures["shortest"], figures["longest"], figures["mean_length"]) == (1, 5, 2.5)
    assert done.column("text")["most_frequent"][0] == {"value": "bb", "rows": 2}


def test_what_is_estimated_in_a_long_table_is_called_so_and_is_close(tmp_path: Path) -> None:
    rows = 2_400_000
    number = pl.int_range(rows, eager=True)
    frame = pl.DataFrame({"id": number, "few": number % 7, "text": number.cast(pl.String)})
    done = of_frame(tmp_path, frame)

    identity, few = done.column("id"), done.column("few")
    assert identity["quantiles_and_frequencies_are_estimates"]
    assert identity["distinct"] == rows
    assert identity["figures"]["max"] == rows - 1
    assert identity["figures"]["median"] == pytest.approx(rows / 2, rel=0.01)
    assert sum(identity["histogram"]["rows"]) == pytest.approx(rows, rel=0.01)
    assert not identity["most_frequent"]
    assert few["distinct"] == 7
    assert few["most_frequent"][-1]["rows"] == rows // 7
    assert not few["quantiles_and_frequencies_are_estimates"]
    assert "about one million rows" in done.page


HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}"


def test_whatever_a_table_holds_is_text_on_the_page(tmp_path: Path) -> None:
    quoted = HOSTILE.replace('"', '""')
    rows = f'"{quoted}",1\n' * 3 + f'{"x" * 20}<img src=x onerror=alert(1)>,5"\n'
    done = tables_of(tmp_path, f'"{quoted}",number\n{rows}', name=f"{HOSTILE}.csv")
    page = Page(done.page)

    assert page.tags.isdisjoint({"script", "img", "link", "iframe", "object"})
    assert "alert(1)" in page.text
    assert "7*7" in page.text
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_the_page_is_whole_in_itself(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "a,b,c\n1,x,2024-01-01\n2,y,2024-01-02\n")
    page = Page(done.page)

    links = [value for name, value in page.attributes if name in {"href", "src"} and value]
    assert links
    assert all(link.removeprefix("#") in page.ids for link in links)
    assert "url(" not in done.page
    assert "@import" not in done.page
    assert "prefers-color-scheme: dark" in done.page
    assert len(page.ids) == len(set(page.ids))


def test_a_page_says_what_numbers_mean(tmp_path: Path) -> None:
    done = tables_of(
        tmp_path, "price,town\n" + "".join(f"{n * 10000},T{n % 3}\n" for n in range(9))
    )
    text = " ".join(Page(done.page).text.split())

    for words in ("whole number", "80,000", "different values", "median", "T0"):
        assert words in text


def test_a_table_of_one_row_is_described(tmp_path: Path) -> None:
    done = tables_of(tmp_path, "a,b,c,d\n1,x,2024-01-01,1.5\n")

    assert done.column("a")["figures"]["std"] is None
    assert done.column("d")["histogram"] is None
    Page(done.page)


def test_numbers_that_json_does_not_know_are_left_out_or_named(tmp_path: Path) -> None:
    infinite = float("inf")
    frame = pl.DataFrame({"x": [1.0, infinite, -infinite, float("nan")], "y": [infinite] * 4})
    done = of_frame(tmp_path, frame)

    x, y = done.column("x"), done.column("y")
    assert x["figures"]["max"] == 1.0
    assert x["figures"]["infinite"] == 2
    assert x["missing"] == 1
    assert y["figures"]["mean"] is None
    assert y["most_frequent"] == [{"value": "inf", "rows": 4}]
    assert "Infinite values are left out of the figures (2)." in done.remarks
    Page(done.page)


@pytest.mark.parametrize(
    "kind", [pl.Int128, pl.UInt64, pl.Int8, pl.Float32, pl.Decimal(30, 4), pl.Datetime("ns")]
)
def test_every_type_of_numbers_and_times_is_described(tmp_path: Path, kind: pl.DataType) -> None:
    values = [10**9, 2 * 10**9, 2 * 10**9, 10**11, None]
    if kind == pl.Int8:
        values = [1, 2, 2, 100, None]
    frame = pl.DataFrame({"x": pl.Series(values).cast(kind)})
    done = of_frame(tmp_path, frame)

    assert done.column("x")["distinct"] == 3
    assert sum(done.column("x")["histogram"]["rows"]) == 4
    Page(done.page)


def test_extreme_values_do_not_break_a_histogram(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "int": [-(2**63), 0, 2**63 - 1],
            "float": [-1.7e308, 0.0, 1.7e308],
            "tiny": [5e-324, 1e-323, 2e-323],
            "near": [1.0, 1.0 + 2**-52, 1.0 + 2**-51],
            "day": [dt.date(1, 1, 1), dt.date(2024, 1, 1), dt.date(9999, 12, 31)],
        }
    )
    assert 'role="img"' in of_frame(tmp_path, frame).page


def test_durations_times_and_nested_values_are_described(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "lasted": [dt.timedelta(hours=2), dt.timedelta(hours=1)],
            "clock": [dt.time(12), dt.time(13, 30)],
            "list": [[1], [2, 3]],
            "bytes": [b"\xff", b"\0"],
        }
    )
    done = of_frame(tmp_path, frame)

    assert done.column("lasted")["figures"] == {"min": 3600.0, "max": 7200.0}
    assert done.column("clock")["figures"]["max"] == "13:30:00"
    Page(done.page)


def test_long_texts_are_cut_on_the_page(tmp_path: Path) -> None:
    done = tables_of(tmp_path, f"a,b\n{'x' * 300_000},1\ny,2\n")

    assert len(done.page) < 30_000
    assert done.column("a")["figures"]["longest"] == 300_000


def test_a_table_of_many_columns_is_described(tmp_path: Path) -> None:
    header = ",".join(f"c{number}" for number in range(120))
    rows = (",".join(str(row * number) for number in range(120)) for row in range(20))
    done = tables_of(tmp_path, f"{header}\n" + "\n".join(rows))

    assert done.result["columns"] == 120
    page = Page(done.page)
    assert "c120" in page.ids
    assert "The first 40 of 120 columns." in " ".join(page.text.split())


def test_remarks_point_to_what_is_odd(tmp_path: Path) -> None:
    rows = [
        f"{number if number != 60 else 5},same,{'x' if number > 98 else ''}"
        for number in range(100)
    ]
    done = tables_of(tmp_path, "id,constant,sparse\n" + "\n".join(rows))

    assert "Nearly all values differ, but 1 occur more than once." in done.remarks
    assert "Every value is the same." in done.remarks
    assert "99 % of the values are missing." in done.remarks
