"""Profiles a column: what its values are like, by figures, by the most frequent, in a histogram."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import polars as pl

from tasks.kinds.tables import figures
from tasks.kinds.tables.figures import Histogram
from tasks.kinds.tables.stages import Column
from tasks.kinds.tables.steps import Tell

Sort = Literal["number", "date", "truth", "text", "time", "other"]
Value = bool | int | float | str | dt.date | dt.time | dt.timedelta | None

EXACT_ROWS = 2_000_000  # up to here every different value is counted
EXACT_BYTES = 100_000_000  # … as long as texts take no more than this
FEW = 200_000  # different values that are counted one by one in a table of any length
SAMPLED = 1_000_000  # rows that stand for all where there are more different values
HASHED = 3_000_000  # different values that are counted by their hashes at once, in 200 MB
MOST_HASHED = 30_000_000  # different values; with more of them, a column has about so many
TELLING = 30  # times that a value must be among the sampled rows to count as frequent
AT_ONCE = 4_000_000  # cells that are read into memory together
FREQUENT = 10
EXAMPLES = 5  # of texts that keep a column from being of another type
SEED = 7


@dataclass(frozen=True, slots=True)
class Frequent:
    """A value and the number of rows that hold it."""

    value: Value
    count: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What the values of a column are like.

    `about` says that quantiles, frequencies and the histogram are estimates from a sample of the
    rows, and `distinct_about` that `distinct` is one; all else is exact. `repeated` is the number
    of different values that occur more than once, where every value was counted. `odd` has the
    number of texts that keep the column from being of another type, and some of them.
    """

    column: Column
    sort: Sort
    rows: int
    missing: int
    distinct: int
    distinct_about: bool
    about: bool
    figures: dict[str, Value]
    frequent: tuple[Frequent, ...]
    histogram: Histogram | None
    repeated: int | None
    odd: tuple[int, tuple[str, ...]]

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name


def sort_of(kind: pl.DataType) -> Sort:
    """Return as what values of the type are profiled."""
    if kind.is_numeric():
        return "number"
    if isinstance(kind, pl.Date | pl.Datetime):
        return "date"
    if isinstance(kind, pl.Boolean):
        return "truth"
    if isinstance(kind, pl.String):
        return "text"
    return "time" if isinstance(kind, pl.Time | pl.Duration) else "other"


def profile_columns(
    frame: pl.LazyFrame, columns: tuple[Column, ...], rows: int, tell: Tell
) -> Iterator[Profile]:
    """Yield the profile of each column.

    One column is read at a time, or as many as fit well in memory, so that a table may be of any
    length and of any width.
    """
    together = max(AT_ONCE // max(rows, 1), 1)
    rest = iter(columns)
    done = 0
    while some := tuple(islice(rest, together)):
        part = frame.select(column.name for column in some)
        if rows * len(some) <= AT_ONCE and sum(column.size for column in some) <= EXACT_BYTES:
            part = part.collect().lazy()
        for column in some:
            tell(done, len(columns), f"profiling {done + 1} of {len(columns)} columns")
            yield profile(part.select(value=pl.col(column.name)), column, rows)
            done += 1


def profile(values: pl.LazyFrame, column: Column, rows: int) -> Profile:
    """Return the profile of one column, whose values are those of the frame's column `value`."""
    sort = sort_of(column.type)
    exact = rows <= EXACT_ROWS and column.size <= EXACT_BYTES
    asked = figures.asked(sort, column.type)
    if not exact and sort != "other":
        asked["distinct"] = pl.col("value").approx_n_unique()
    summary = values.select(pl.col("value").count().alias("count"), **asked)
    found: dict[str, Any] = summary.collect(engine="streaming").row(0, named=True)
    count, estimate = int(found.pop("count")), int(found.pop("distinct", 0))
    counts, every = _counted(values, sort, column, rows, None if exact else estimate)
    about = every > 1
    repeated = None if about else counts.filter(pl.col("count") > 1).height
    hashed = about and estimate <= MOST_HASHED
    if hashed:
        estimate = _distinct(values, estimate)
    return Profile(
        column=column,
        sort=sort,
        rows=rows,
        missing=rows - count,
        distinct=min(estimate, count) if about else counts.height,
        distinct_about=about and not hashed,
        about=about,
        figures=figures.complete(sort, found, counts),
        frequent=_frequent(counts, every),
        histogram=figures.histogram(sort, column.type, found, counts, every),
        repeated=repeated,
        odd=_odd(values, column),
    )


def _counted(
    values: pl.LazyFrame, sort: Sort, column: Column, rows: int, distinct: int | None
) -> tuple[pl.DataFrame, int]:
    """Return how often each value occurs, and in every how manieth row that was counted.

    Args:
        values: the column.
        sort: what the values are; what is nested is not counted.
        column: for the size of its texts.
        rows: the number of rows.
        distinct: about how many different values there are, if not all need to be counted.
    """
    every = 1
    if distinct is not None and not _countable(distinct, column, rows):
        every = max(math.ceil(rows / SAMPLED), math.ceil(column.size / EXACT_BYTES))
        # By a hash of the row's number, for what repeats itself in a table does so in steps.
        chosen = pl.col("row").hash(SEED) % every == 0
        values = values.with_row_index("row").filter(chosen).select("value")
    if sort == "other":
        values = values.head(0)
    counts = values.drop_nulls().group_by("value").agg(pl.len().cast(pl.Int64).alias("count"))
    return counts.collect(engine="streaming"), every


def _distinct(values: pl.LazyFrame, estimate: int) -> int:
    """Count different values by hashes of 64 bits, a part of all hashes at a time."""
    parts = estimate // HASHED + 1
    hashed = values.drop_nulls().select(pl.col("value").hash(SEED))
    return sum(
        hashed.filter(pl.col("value") % parts == part)
        .select(pl.col("value").n_unique())
        .collect(engine="streaming")
        .item()
        for part in range(parts)
    )


def _countable(distinct: int, column: Column, rows: int) -> bool:
    return distinct <= FEW and distinct * column.size // max(rows, 1) <= EXACT_BYTES


def _frequent(counts: pl.DataFrame, every: int) -> tuple[Frequent, ...]:
    """Return the most frequent values; none if no value occurs twice."""
    if every > 1:
        counts = counts.filter(pl.col("count") >= TELLING)
    most = counts["count"].top_k(FREQUENT)
    if not counts.height or (counts.height > 1 and most.max() == 1):
        return ()
    top = counts.filter(pl.col("count") >= most.min()).sort(
        "count", "value", descending=[True, False]
    )
    return tuple(Frequent(value, count * every) for value, count in top.head(FREQUENT).rows())


def _odd(values: pl.LazyFrame, column: Column) -> tuple[int, tuple[str, ...]]:
    """Return how many texts keep a column from being of another type, and some of them."""
    if column.guess.nearly is None or not isinstance(column.type, pl.String):
        return 0, ()
    odd = values.drop_nulls().filter(column.guess.nearly.parse(pl.col("value")).is_null())
    some = pl.col("value").unique(maintain_order=True).head(EXAMPLES).implode()
    number, examples = odd.select(pl.len(), some).collect(engine="streaming").row(0)
    return number, tuple(examples)
