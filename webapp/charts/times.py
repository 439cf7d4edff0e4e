"""Times, numbers and lengths as charts and their tables say them."""

from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from webapp import words
from webapp.charts.periods import Slot


def moment(at: datetime) -> Markup:
    """Return a time to the minute in UTC, which the page's script puts in the reader's zone."""
    at = at.astimezone(UTC)
    return words.told(at, 'data-clock="minute"', f"{at.day} {at:%b, %H:%M} UTC")


def slot_name(slot: Slot) -> Markup:
    """Return what a table calls a slot."""
    return Markup("{} to {}").format(moment(slot.begins), moment(slot.ends))


def several(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def length(time: timedelta | None) -> str:
    """Return a duration, or a dash where there is none."""
    return "–" if time is None else words.duration(time)  # noqa: RUF001 - a dash as print has it


def tick_text(seconds: float) -> str:
    """Return a round duration in the little room beside a chart: 10 ms, 1 s, 10 min."""
    if seconds < 1:
        return f"{seconds * 1000:g} ms"
    return words.duration(timedelta(seconds=seconds)).replace(".0 s", " s")
