"""The figures that describe values: extremes, quantiles, moments, and how they are distributed."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

QUANTILES = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
BARS = 30
# A range this much longer than that of the middle 98 % is drawn without its ends.
STRETCHED = 8


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often values fall between two edges: one more edge than counts.

    `below` and `above` count values that lie outside the edges. `single` says that each bar
    stands for one whole number or day.
    """

    edges: tuple[Any, ...]
    counts: tuple[int, ...]
    below: int
    above: int
    single: bool


def asked(sort: str, kind: pl.DataType) -> dict[str, pl.Expr]:
    """Return what one look at every value of a column `value` answers exactly."""
    value = pl.col("value")
    if sort == "number":
        number = value.cast(pl.Float64) if kind.is_decimal() else value
        finite = pl.when(number.is_finite()).then(number) if kind.is_float() else number
        exprs = {
            "min": finite.min(),
            "max": finite.max(),
            "mean": finite.mean(),
            "std": finite.std(),
            "zero": (number == 0).sum(),
            "negative": (number < 0).sum(),
        }
        return exprs | ({"infinite": number.is_infinite().sum()} if kind.is_float() else {})
    if sort in {"date", "time"}:
        return {"min": value.min(), "max": value.max()}
    if sort == "truth":
        return {"true": value.sum(), "false": (~value).sum()}
    if sort == "text":
        length = value.str.len_chars()
        return {"shortest": length.min(), "longest": length.max(), "mean length": length.mean()}
    return {}


def complete(sort: str, exact: Mapping[str, Any], counts: pl.DataFrame) -> dict[str, Any]:
    """Return the figures with the quantiles, which only the counts of values can tell."""
    figures = dict(exact)
    if sort in {"number", "date"}:
        found = _quantiles(_ordered(sort, counts), QUANTILES.values(), between=sort == "number")
        figures |= dict(zip(QUANTILES, found, strict=True))
    return {name: _plain(value) for name, value in figures.items()}


def _plain(value: Any) -> Any:
    """Return a number that is none as None."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _ordered(sort: str, counts: pl.DataFrame) -> pl.DataFrame:
    """Return finite values in order, with how many values stand up to and including each."""
    if sort == "number":
        counts = counts.with_columns(pl.col("value").cast(pl.Float64))
        counts = counts.filter(pl.col("value").is_finite())
    return counts.sort("value").with_columns(upto=pl.col("count").cum_sum())


def _quantiles(ordered: pl.DataFrame, shares: Iterable[float], *, between: bool) -> list[Any]:
    """Return the values below which these shares lie; between two values, if asked, what is."""
    if not ordered.height:
        return [None for _ in shares]
    steps = [share * (ordered["upto"][-1] - 1) for share in shares]
    places = ordered["upto"].search_sorted(
        pl.Series([rounded(step) for step in steps for rounded in (math.floor, math.ceil)]),
        side="right",
    )
    values = ordered["value"].gather(places).to_list()
    pairs = zip(values[::2], values[1::2], steps, strict=True)
    return [low + (high - low) * (at % 1) if between else low for low, high, at in pairs]


def histogram(
    sort: str, kind: pl.DataType, found: Mapping[str, Any], counts: pl.DataFrame, every: int
) -> Histogram | None:
    """Return how numbers or dates are distributed; None where there is nothing to see.

    Args:
        sort: what the values are.
        kind: their type.
        found: their exact extremes.
        counts: how often each occurs, among one row in `every`.
        every: see `counts`.
    """
    if sort not in {"number", "date"} or found["min"] is None or found["min"] == found["max"]:
        return None
    values = pl.col("value")
    plain = values.cast(pl.Float64) if kind.is_decimal() else values.to_physical()
    ordered = _ordered("number", counts.with_columns(plain))
    low, high = (_physical(found[end], kind) for end in ("min", "max"))
    first, last = _quantiles(ordered, (0.01, 0.99), between=True)
    steps = kind.is_integer() or isinstance(kind, pl.Date)
    if last > first and high - low > STRETCHED * (last - first):
        low, high = (math.floor(first), math.ceil(last)) if steps else (first, last)
    width = _width(low, high, steps=steps)
    if not 0 < width < math.inf:
        return None  # The values are too far apart for floats, or too close to one another.
    bars = math.ceil((high - low + steps) / width) if steps else BARS
    place = ((pl.col("value") - low) / width).floor()
    inside = (pl.col("value") >= low) & (pl.col("value") <= high)
    bar = place.clip(0, bars - 1).cast(pl.Int32).alias("bar")
    filled = dict(ordered.filter(inside).group_by(bar).agg(pl.col("count").sum()).rows())
    outside = ordered.select(
        below=pl.col("count").filter(pl.col("value") < low).sum(),
        above=pl.col("count").filter(pl.col("value") > high).sum(),
    ).row(0, named=True)
    return Histogram(
        edges=tuple(
            _from_physical(min(low + number * width, high + steps), kind)
            for number in range(bars + 1)
        ),
        counts=tuple(filled.get(number, 0) * every for number in range(bars)),
        below=outside["below"] * every,
        above=outside["above"] * every,
        single=steps and width == 1,
    )


def _width(low: float, high: float, *, steps: bool) -> float:
    """Return the width of a bar; whole for values that come in steps of one."""
    return math.ceil((high - low + 1) / BARS) if steps else (high - low) / BARS


EPOCH = dt.date(1970, 1, 1).toordinal()


def _physical(value: Any, kind: pl.DataType) -> float:
    if isinstance(kind, pl.Date | pl.Datetime):
        return int(pl.Series([value], dtype=kind).to_physical()[0])
    return value if kind.is_integer() else float(value)


def _from_physical(value: float, kind: pl.DataType) -> Any:
    if isinstance(kind, pl.Date):
        return dt.date.fromordinal(min(EPOCH + int(value), dt.date.max.toordinal()))
    if isinstance(kind, pl.Datetime):
        return pl.Series([int(value)]).cast(kind)[0]
    return value
