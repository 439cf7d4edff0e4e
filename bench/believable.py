"""A year's history of a busy console, made up: the same each time, the oldest job first."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from bench import likely
from tasks.kind import Kind

YEAR: Final = 365 * 86_400_000_000  # microseconds
RUNNING: Final = 8  # of the open jobs; all others wait
FILES_LEFT: Final = 0.25  # Of older jobs the files have been deleted.
WORKERS: Final = 40  # that there have been
LIVING: Final = tuple(f"w{number}" for number in range(WORKERS - 4, WORKERS))
# Some jobs by their place among those that have ended, newest first.
LONG_LOGS: Final = {3: 600, 7: 20_000}  # lines
MANY_ATTEMPTS: Final = {11: 40}
FOLDER: Final = 13  # was given a whole folder


@dataclass(frozen=True, slots=True)
class End:
    """How a job stands: its state, cause and error, and how each of its attempts ended."""

    state: str
    cause: str | None = None
    error: likely.Error = likely.NO_ERROR
    attempts: tuple[str | None, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether it has ended."""
        return self.state not in {"PENDING", "STARTED"}


@dataclass(frozen=True, slots=True)
class One:
    """A job as it is made up; times are in microseconds since 1970.

    `uploads` are all the files that it was given, and `kept` says whether they are still there.
    """

    number: int
    id: str
    kind: Kind
    owner: str
    queue: str
    batch: str | None
    retried_from: str | None
    inputs: Mapping[str, Any]
    uploads: list[dict[str, Any]]
    kept: bool
    end: End
    worker: str
    lines: int
    submitted_at: int
    started_at: int | None
    finished_at: int | None


class Believable:
    """Makes up jobs.

    Args:
        kinds: by name; those in `likely.KINDS` are among them.
        number: how many jobs.
        waiting: how many of them, the newest, are open.
        now: just before this the last one was submitted.
    """

    def __init__(self, kinds: Mapping[str, Kind], number: int, waiting: int, now: datetime) -> None:
        self._chance = random.Random(number)  # noqa: S311 - to be the same each time
        self._kinds = kinds
        self._number = number
        self._waiting = waiting
        self._end = int(now.astimezone(UTC).timestamp() * 1_000_000)
        self._batch = ""
        self._failed: tuple[str, str] | None = None  # the last one: its id and kind

    def jobs(self) -> Iterator[One]:
        """Yield one job after the other."""
        for place in range(self._number):
            # Busier towards the end, as consoles are.
            at = self._end - YEAR + int(YEAR * ((place + 1) / self._number) ** 0.7)
            yield self._job(place, min(at, self._end - (self._number - place) * 1000))

    def _job(self, place: int, at: int) -> One:
        chance, left = self._chance, self._number - place
        job = self._id(place, at)
        kind, several = likely.kind_and_files(chance)
        if left - self._waiting == FOLDER:
            kind, several = "images", likely.FOLDER
        subject = f"{chance.choice(likely.NOUNS)} {chance.choice(likely.PLACES)} {place % 9973}"
        inputs, uploads = likely.inputs(chance, kind, subject, several)
        end = self._how_it_ended(kind, left)
        started = at + 400_000 * len(end.attempts) if end.attempts else None
        ran = int(chance.lognormvariate(15, 1.5))
        lines = min(60, 1 + int(chance.lognormvariate(0.9, 0.8)))
        return One(
            number=place + 1,
            id=job,
            kind=self._kinds[kind],
            owner=likely.PEOPLE[min(int(chance.expovariate(0.25)), len(likely.PEOPLE) - 1)],
            queue=likely.QUEUES.get(kind, "default"),
            batch=self._batch_of(place, job),
            retried_from=self._retry_of(job, kind, end),
            inputs=inputs,
            uploads=uploads,
            kept=left <= self._number * FILES_LEFT,
            end=end,
            worker=f"w{WORKERS * place // self._number // 4 * 4 + place % 4}",
            lines=LONG_LOGS.get(left - self._waiting, lines) if started else 0,
            submitted_at=at,
            started_at=started,
            finished_at=(started or at + 300_000) + ran if end.settled else None,
        )

    def _id(self, place: int, at: int) -> str:
        """Return a UUIDv7 of that time."""
        low = (2 << 62) | self._chance.getrandbits(62)
        return str(UUID(int=(at // 1000) << 80 | 7 << 76 | (place % 4096) << 64 | low))

    def _batch_of(self, place: int, job: str) -> str | None:
        """Return the batch of every fourth thousand of jobs, which has the id of its first job."""
        if place // 1000 % 4:
            return None
        if place % 1000 == 0 or not self._batch:
            self._batch = job
        return self._batch

    def _retry_of(self, job: str, kind: str, end: End) -> str | None:
        """Have every second job of the kind that failed last be what somebody tried again."""
        failed = self._failed
        again = failed is not None and failed[1] == kind and self._chance.random() < 0.5
        if end.state == "FAILURE":
            self._failed = job, kind
        elif again:
            self._failed = None
        return failed[0] if failed and again else None

    def _how_it_ended(self, kind: str, left: int) -> End:
        chance = self._chance
        if left <= self._waiting:
            runs = left > self._waiting - RUNNING
            return End("STARTED", attempts=(None,)) if runs else End("PENDING")
        place = left - self._waiting
        if place in LONG_LOGS or place in MANY_ATTEMPTS:
            before = ("interrupted",) * (MANY_ATTEMPTS.get(place, 1) - 1)
            return End("SUCCESS", attempts=(*before, "succeeded"))
        earlier: tuple[str, ...] = ()
        if chance.random() < 0.12:
            number = min(5, 1 + int(chance.expovariate(1)))
            earlier = tuple(chance.choices(("retried", "interrupted", "lost"), (6, 2, 1), k=number))
        roll = chance.random()
        if roll < 0.93:
            return End("SUCCESS", attempts=(*earlier, "succeeded"))
        if roll < 0.95:
            return End("REVOKED", attempts=(*earlier, "cancelled") if roll < 0.94 else ())
        cause = "crashed" if roll > 0.999 else "timeout" if roll > 0.99 else "error"
        ending = {"crashed": "crashed", "timeout": "timed out", "error": "failed"}[cause]
        return End("FAILURE", cause, likely.error(chance, kind), (*earlier, ending))
