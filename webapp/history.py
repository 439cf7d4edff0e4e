"""A kind's past: what ended when, how long it took, and each job; and that of all together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from flask import abort, request

from ledger import Ledger
from ledger.durations import NONE, Durations
from ledger.history import Ended
from ledger.tally import Hour
from webapp.charts.depth import depth
from webapp.charts.dots import MOST, dots
from webapp.charts.ended import ended
from webapp.charts.marks import Chart
from webapp.charts.periods import PERIODS, Period, Slot, slots
from webapp.charts.spread import RUNS, WAITS, spread

TYPICAL: Final = timedelta(days=30)  # long enough for kinds that few people use


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a kind's past, as it is at `now`."""

    period: Period
    now: datetime
    slots: Sequence[Slot]
    jobs: Sequence[Ended]
    typical: Durations

    @classmethod
    def of(cls, ledger: Ledger, kind: str, period: Period) -> Self:
        """Return the past of a kind.

        Raises:
            LedgerUnavailable: the ledger does not answer.
        """
        now = ledger.database.read_clock()
        since = period.since(now)
        hours = ledger.history.of(kind, min(since, now - TYPICAL))
        typical = sum((one.runs for one in hours if one.begins_at >= now - TYPICAL), NONE)
        within = [one for one in hours if one.begins_at >= since]
        jobs = ledger.history.newest(kind, since, MOST)
        return cls(period, now, slots(period, within, now), jobs, typical)

    @property
    def ended(self) -> int:
        """How many jobs ended in the period."""
        return sum(slot.hour.ended for slot in self.slots)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(slot.hour.failed for slot in self.slots)

    def charts(self) -> list[Chart]:
        """Return the charts of a kind's page."""
        given = self.period, self.slots, self.now
        return [
            dots(self.period, self.jobs, self.ended, self.now),
            ended(*given),
            spread(RUNS, *given),
            spread(WAITS, *given),
        ]


def of_all(ledger: Ledger, period: Period) -> list[Chart]:
    """Return the charts of all kinds together, none where there is nothing to be seen yet.

    Raises:
        LedgerUnavailable: the ledger does not answer.
    """
    now = ledger.database.read_clock()
    hours: list[Hour] = ledger.history.of("", period.since(now))
    found = [ended(period, slots(period, hours, now), now), depths(ledger, period, now)]
    return [chart for chart in found if not chart.empty]


def depths(ledger: Ledger, period: Period, now: datetime) -> Chart:
    """Return the chart of the queues."""
    return depth(period, ledger.depths.since(period.since(now)), now)


def asked_period() -> tuple[str, Period]:
    """Return the period that the address names, and its name there."""
    name = request.args.get("period", "day")
    if name not in PERIODS:
        abort(404, f"There is no period {name!r}; there are {', '.join(PERIODS)}.")
    return name, PERIODS[name]
