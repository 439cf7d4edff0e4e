"""Puts values, amounts and types into words for people, and into JSON for programs."""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import polars as pl

SHOWN = 100  # characters of a text
TYPES = {
    "truth": "true or false",
    "text": "text",
    "other": "nested",
}
LABELS = {
    "min": "smallest",
    "p5": "5 % are below",
    "p25": "25 % are below",
    "median": "median",
    "p75": "75 % are below",
    "p95": "95 % are below",
    "max": "largest",
    "mean": "mean",
    "std": "standard deviation",
    "zero": "zeros",
    "negative": "negative",
    "infinite": "infinite",
    "shortest": "shortest, in characters",
    "longest": "longest, in characters",
    "mean length": "mean length",
}
DATE_LABELS = {"min": "earliest", "max": "latest"}


def type_name(sort: str, kind: pl.DataType) -> str:
    """Return what people call a type."""
    if sort == "number":
        return "whole number" if kind.is_integer() else "number"
    if sort == "date":
        return "date" if isinstance(kind, pl.Date) else "date and time"
    if sort == "time":
        return "time of day" if isinstance(kind, pl.Time) else "duration"
    return TYPES[sort]


def number(value: float) -> str:
    """Return a number with as many digits as a person reads."""
    if isinstance(value, int):
        return f"{value:,}"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) >= 1e15 or abs(value) < 1e-4:  # noqa: PLR2004 - beyond these, zeros are counted
        return f"{value:.4g}"
    places = max(2, 5 - math.floor(math.log10(abs(value))) - 1)
    return f"{value:,.{places}f}".rstrip("0").rstrip(".")


def shown(value: Any) -> str:
    """Return a value as the report shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10_000:  # noqa: PLR2004 - years have no commas
        return str(value)
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    text = " ".join(str(value).split()) or str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def share(part: float, whole: float) -> str:
    """Return a part in per cent, in which neither little is nothing nor nearly all is all."""
    percent = 100 * part / whole if whole else 0
    if 0 < percent < 0.1:  # noqa: PLR2004 - the last that is shown
        return "under 0.1 %"
    if 99.9 < percent < 100:  # noqa: PLR2004 - see above
        return "over 99.9 %"
    return f"{percent:.1f} %".replace(".0 %", " %")


def amount(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 row, 2 rows."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def size(count: float) -> str:
    """Return a number of bytes."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004 - the next unit begins
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def listed(names: list[str], most: int = 12) -> str:
    """Return names in a sentence, the first ones if they are many."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(f"“{shown(name)}”" for name in names[:most]) + more


def for_json(value: Any) -> Any:
    """Return a value, or values in a mapping or sequence, as JSON has them.

    Dates are in ISO 8601, durations in seconds, bytes hexadecimal; what is no finite number is
    null or a text.
    """
    if isinstance(value, Mapping):
        return {str(key): for_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [for_json(one) for one in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return _plain(value)


def _plain(value: Any) -> float | str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, float) else str(value)
