"""The geometry of charts, in boxes of 100 by 100 that a page stretches as it likes."""

from dataclasses import dataclass
from typing import Any

from tasks.kinds.tables.columns import Profile
from tasks.kinds.tables.figures import Histogram
from tasks.kinds.tables.words import amount, share, shown

GAP = 0.12  # of a bar's width
LEAST = 1.5  # height of a bar that stands for anything at all


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar that stands on the bottom of the box."""

    x: float
    width: float
    y: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Strip:
    """Where the middle 90 % and the middle half of the values lie, and their median."""

    p5: float
    p25: float
    median: float
    p75: float
    p95: float


@dataclass(frozen=True, slots=True)
class Share:
    """A value and its part of all rows; `length` is relative to the most frequent one's."""

    label: str
    count: int
    percent: str
    length: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a line; `strength` is its opacity."""

    x: float
    width: float
    strength: float


def bars(histogram: Histogram) -> list[Bar]:
    """Return the bars of a histogram."""
    highest = max(histogram.counts) or 1
    width = 100 / len(histogram.counts)
    drawn = []
    for place, count in enumerate(histogram.counts):
        first, last = histogram.edges[place : place + 2]
        where = shown(first) if histogram.single else f"{shown(first)} to {shown(last)}"
        height = max(100 * count / highest, LEAST) if count else 0
        drawn.append(
            Bar(
                x=round(width * (place + GAP / 2), 2),
                width=round(width * (1 - GAP), 2),
                y=round(100 - height, 2),
                height=round(height, 2),
                title=f"{where}: {amount(count, 'row')}",
            )
        )
    return drawn


def strip(profile: Profile) -> Strip | None:
    """Return where most values lie, below the histogram's bars."""
    if profile.histogram is None:
        return None
    low, high = profile.histogram.edges[0], profile.histogram.edges[-1]

    def place(name: str) -> float:
        value: Any = profile.figures[name]
        reached = float((value - low) / (high - low))
        return round(100 * min(max(reached, 0.0), 1.0), 2)

    return Strip(*(place(name) for name in Strip.__slots__))


def shares(profile: Profile) -> list[Share]:
    """Return the most frequent values, and after them all others together, without a bar."""
    drawn = [one for one in profile.frequent if one.count > 1] or list(profile.frequent)
    others = profile.rows - profile.missing - sum(one.count for one in drawn)
    longest = max((one.count for one in drawn), default=1)
    found = [
        Share(
            shown(one.value),
            one.count,
            share(one.count, profile.rows),
            round(100 * one.count / longest, 2),
        )
        for one in drawn
    ]
    if found and others > 0:
        found.append(Share("all others", others, share(others, profile.rows), 0))
    return found


def segments(profile: Profile) -> list[Segment]:
    """Return the most frequent values as parts of a line, as long as they are frequent."""
    drawn, x = [], 0.0
    for place, one in enumerate(profile.frequent):
        width = 100 * one.count / profile.rows
        strength = max(1 - place * 0.18, 0.25)
        drawn.append(Segment(round(x, 2), round(width, 2), round(strength, 2)))
        x += width
    return drawn
