"""Scales: from a number, a duration or a time to a place, and the ticks beside them."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# Seconds that people know, each about three to ten times the one before.
ROUND: Final = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 21_600, 86_400, 864_000)
STEPS: Final = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Linear:
    """From 0 at the share 0 to `top` at the share 1."""

    top: float

    def share(self, value: float) -> float:
        """Return where a value lies; nothing lies outside."""
        return min(1.0, max(0.0, value / self.top))


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """From `low` at the share 0 to `high` at the share 1, each tenfold equally far."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Return where a value lies; what is below the scale, such as 0, lies at its foot."""
        inside = min(self.high, max(self.low, value))
        return math.log(inside / self.low) / math.log(self.high / self.low)


@dataclass(frozen=True, slots=True)
class Across:
    """Time, from the left at 0 to the right at 100."""

    since: datetime
    until: datetime

    def place(self, at: datetime) -> float:
        """Return where a time lies; what is outside lies at the edge."""
        share = (at - self.since) / (self.until - self.since)
        return round(100 * min(1.0, max(0.0, share)), 3)


def counts(most: int) -> tuple[Linear, list[int]]:
    """Return a scale for numbers up to `most`, and three or so round ones of it, 0 the first."""
    step = nice(max(1, most) / 3)
    ticks = [step * number for number in range(math.ceil(max(1, most) / step) + 1)]
    return Linear(ticks[-1]), ticks


def nice(at_least: float) -> int:
    """Return the next whole number of the form 1, 2 or 5 times a power of ten."""
    power: int = 10 ** max(0, math.floor(math.log10(at_least)))
    return next(step * power for step in STEPS if step * power >= at_least)


def durations(shortest: timedelta, longest: timedelta) -> tuple[Logarithmic, list[float]]:
    """Return a scale that has both of them, and the round seconds on it, its ends among them."""
    low = max((tick for tick in ROUND if tick <= shortest.total_seconds()), default=ROUND[0])
    above = (tick for tick in ROUND if tick >= longest.total_seconds() and tick > low)
    high = next(above, longest.total_seconds())
    ticks = [tick for tick in ROUND if low <= tick <= high]
    return Logarithmic(low, high), ticks
