"""Periods of the past, cut into slots that are as long as an hour, six hours or a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.tally import Hour, together
from webapp.charts.marks import Tick
from webapp.charts.scales import Across

DAY: Final = timedelta(days=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """So many slots of the same length, the last of which is under way."""

    word: str
    slots: int
    step: timedelta
    labelled: timedelta  # between two ticks
    piece: str  # a slot in words

    def since(self, now: datetime) -> datetime:
        """Return when it begins."""
        return self.until(now) - self.slots * self.step

    def until(self, now: datetime) -> datetime:
        """Return the end of the slot under way."""
        return now - (now - EPOCH) % self.step + self.step

    def across(self, now: datetime) -> Across:
        """Return the scale of its time."""
        return Across(self.since(now), self.until(now))


PERIODS: Final[Mapping[str, Period]] = {
    "day": Period("24 hours", 24, timedelta(hours=1), timedelta(hours=3), "hour"),
    "week": Period("7 days", 28, timedelta(hours=6), DAY, "6 hours"),
    "month": Period("30 days", 30, DAY, 5 * DAY, "day"),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """What ended in one piece of a period."""

    begins: datetime
    ends: datetime
    hour: Hour

    @property
    def between(self) -> tuple[datetime, datetime]:
        """When it begins and ends."""
        return self.begins, self.ends


def slots(period: Period, hours: Iterable[Hour], now: datetime) -> list[Slot]:
    """Return every slot of a period, also those in which nothing ended."""
    first = period.since(now)
    within: dict[int, list[Hour]] = {}
    for hour in hours:
        within.setdefault((hour.begins_at - first) // period.step, []).append(hour)
    begins = [first + number * period.step for number in range(period.slots)]
    return [
        Slot(at, at + period.step, together(at, within.get(number, [])))
        for number, at in enumerate(begins)
    ]


def ticks(period: Period, now: datetime) -> list[Tick]:
    """Return the times that stand below a chart: hours of a day, or days."""
    found: list[Tick] = []
    for number in range(period.slots + 1):
        at = period.since(now) + number * period.step
        if (at - EPOCH) % period.labelled == timedelta(0):
            text = f"{at:%H:%M}" if period.labelled < DAY else f"{at.day} {at:%b}"
            found.append(Tick(period.across(now).place(at), text, at, minor=len(found) % 2 == 1))
    return found


def spoken(between: tuple[datetime, datetime], now: datetime) -> str:
    """Return a slot as a sentence names it: Between 09:00 and 10:00 UTC."""
    begins, ends = (
        f"{at:%H:%M}" if _near(at, now) else f"{at.day} {at:%b %H:%M}" for at in between
    )
    return f"Between {begins} and {ends} UTC"


def _near(at: datetime, now: datetime) -> bool:
    return abs(now - at) <= DAY
