"""A kind's past: what ended when, how long it took, and each job; and that of all together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from flask import abort, request

from ledger import Ledger
from ledger.durations import Durations, total
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
    """What is known of a kind's past, as it is at `now`.

    `jobs` are all that ran, or, where `each` is a number, the newest so many of each slot.
    """

    period: Period
    now: datetime
    slots: Sequence[Slot]
    jobs: Sequence[Ended]
    each: int | None
    typical: Durations

    @classmethod
    def of(cls, ledger: Ledger, kind: str, period: Period) -> Self:
        """Return the past of a kind.

        Raises:
            LedgerUnavailable: the ledger does not answer.
        """
        now = ledger.database.read_clock()
        since = period.since(now)
        pieces = slots(period, ledger.history.of(kind, since, step=period.step), now)
        before = ledger.history.runs(kind, now - TYPICAL, since)
        typical = total([before, *(piece.hour.runs for piece in pieces)])
        jobs, each = _to_draw(ledger, kind, pieces)
        return cls(period, now, pieces, jobs, each, typical)

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
            dots(self.period, self.jobs, self.ended, self.each, self.now),
            ended(*given),
            spread(RUNS, *given),
            spread(WAITS, *given),
        ]


def _to_draw(ledger: Ledger, kind: str, pieces: Sequence[Slot]) -> tuple[list[Ended], int | None]:
    """Return a period's jobs; or the newest of each slot and how many, where all are too many."""
    found = ledger.history.newest(kind, pieces[0].begins, MOST + 1)
    if len(found) <= MOST:
        return found, None
    ended = [piece.between for piece in reversed(pieces) if piece.hour.ended]
    each = MOST // max(1, len(ended))
    return ledger.history.newest_of_each(kind, ended, each), each


def of_all(ledger: Ledger, period: Period) -> list[Chart]:
    """Return the charts of all kinds together; none where nothing ended and nothing waited.

    Raises:
        LedgerUnavailable: the ledger does not answer.
    """
    now = ledger.database.read_clock()
    hours: list[Hour] = ledger.history.of("", period.since(now))
    samples = ledger.depths.since(period.since(now))
    if not any(hour.ended for hour in hours) and not any(one.waiting for one in samples):
        return []
    found = [ended(period, slots(period, hours, now), now), depth(period, samples, now)]
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
