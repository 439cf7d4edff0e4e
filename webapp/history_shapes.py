"""What the API says of a kind's past."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from flask import url_for

from ledger.durations import Durations
from ledger.history import Ended
from ledger.record import State
from webapp.charts.periods import Slot
from webapp.shapes import Shape


class Spread(Shape):
    """How long a number of jobs took, in seconds: half of them at most, and so on."""

    jobs: int
    p50: float | None
    p90: float | None
    p95: float | None

    @classmethod
    def of(cls, found: Durations) -> Self:
        """Return durations of the ledger, which are known to a twentieth."""
        half, most, nearly_all = (
            None if (at := found.at(share)) is None else at.total_seconds()
            for share in (0.5, 0.9, 0.95)
        )
        return cls(jobs=found.number, p50=half, p90=most, p95=nearly_all)


class Piece(Shape):
    """What ended between two times."""

    begins_at: datetime
    ends_at: datetime
    succeeded: int
    failed: int
    cancelled: int
    waits: Spread
    runs: Spread


class Run(Shape):
    """A job that ran and has ended; `seconds` is how long its last attempt ran."""

    id: str
    state: State
    finished_at: datetime
    seconds: float
    url: str


class History(Shape):
    """A kind's past: `typical` of the last 30 days, and jobs that ended, of many the newest."""

    kind: str
    typical: Spread
    pieces: list[Piece]
    ended: int
    jobs: list[Run]

    @classmethod
    def of(
        cls, kind: str, slots: Sequence[Slot], jobs: Sequence[Ended], ended: int, typical: Durations
    ) -> Self:
        """Return the past of a kind."""
        pieces = [
            Piece(
                begins_at=slot.begins,
                ends_at=slot.ends,
                succeeded=slot.hour.succeeded,
                failed=slot.hour.failed,
                cancelled=slot.hour.cancelled,
                waits=Spread.of(slot.hour.waits),
                runs=Spread.of(slot.hour.runs),
            )
            for slot in slots
        ]
        runs = [
            Run(
                id=job.id,
                state=job.state,
                finished_at=job.finished_at,
                seconds=job.ran_for.total_seconds(),
                url=url_for("api.show", job_id=job.id),
            )
            for job in jobs
        ]
        return cls(kind=kind, typical=Spread.of(typical), pieces=pieces, ended=ended, jobs=runs)
