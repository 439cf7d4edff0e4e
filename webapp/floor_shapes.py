"""What the API says of queues and workers, and how a program steers them."""

from datetime import datetime
from typing import Self

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from ledger.queues import LONGEST_WHY
from ledger.wishes import MOST_PROCESSES
from webapp import queues, workers
from webapp.shapes import Shape


class PauseRequest(BaseModel):
    """Why a queue shall be paused, for the others to read."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=LONGEST_WHY)


class ProcessesRequest(BaseModel):
    """How many processes a worker shall have."""

    model_config = ConfigDict(extra="forbid")

    processes: int = Field(ge=1, le=MOST_PROCESSES)


class PausedQueue(Shape):
    """Who paused a queue, when and why."""

    by: str
    at: datetime
    why: str


class Held(Shape):
    """Messages of a queue that RabbitMQ holds, as it last counted."""

    ready: int
    unacknowledged: int


class Queue(Shape):
    """A queue as it stands.

    `waiting` jobs are due, `unsent` ones of them have no message yet, and the oldest one waits
    since `oldest`; where `counted` is false there are more. `limited` are still to come: limits of
    their owners hold them back. `came` and `ended` are jobs of the
    last minute. `listening` names the workers, `places` is how many of its jobs can run at a
    time, and `rabbitmq` is null where RabbitMQ's management does not tell.
    """

    name: str
    paused: PausedQueue | None
    waiting: int
    unsent: int
    limited: int
    scheduled: int
    counted: bool
    oldest: datetime | None
    running: int
    came: int
    ended: int
    listening: list[str]
    places: int
    rabbitmq: Held | None

    @classmethod
    def of(cls, queue: queues.Queue) -> Self:
        """Return a queue."""
        pause, backlog, held = queue.pause, queue.backlog, queue.held
        return cls(
            name=queue.name,
            paused=pause and PausedQueue(by=pause.by, at=pause.at, why=pause.why),
            waiting=backlog.waiting,
            unsent=backlog.unsent,
            limited=backlog.limited,
            scheduled=backlog.scheduled,
            counted=backlog.counted,
            oldest=backlog.oldest,
            running=queue.running,
            came=queue.came,
            ended=queue.ended,
            listening=[worker.name for worker in queue.listening],
            places=queue.places,
            rabbitmq=held and Held(ready=held.ready, unacknowledged=held.unacknowledged),
        )


class Queues(Shape):
    """All queues; `away` says why RabbitMQ's management tells nothing of them, or is null."""

    queues: list[Queue]
    away: str | None


class RunningJob(Shape):
    """A job that a worker runs; `percent` is null where nobody knows."""

    job: str
    kind: str
    attempt: int
    since: datetime
    percent: float | None
    link: str


class LeftJob(Shape):
    """An attempt that ended with its worker, and where its job stands since then."""

    job: str
    kind: str
    attempt: int
    ending: str
    state: str
    link: str


class Vitals(Shape):
    """What a worker says of itself: its machine's load, and its processes' memory in bytes."""

    load: float
    cores: int
    memory: int
    outdated: int


class Worker(Shape):
    """A worker as it stands.

    `condition` is one word: working, idle, draining, drained, stopping, stopped, silent or dead.
    `processes` is what it has and `wanted` what it is to have.
    """

    id: str
    name: str
    condition: str
    host: str
    pid: int
    version: str
    queues: list[str]
    listening: list[str]
    processes: int
    wanted: int
    started_at: datetime
    beat_at: datetime
    stopping_at: datetime | None
    draining_at: datetime | None
    draining_by: str | None
    vitals: Vitals | None
    running: list[RunningJob]
    left: list[LeftJob]

    @classmethod
    def of(cls, one: workers.OneWorker) -> Self:
        """Return a worker."""
        told = one.worker.vitals
        return cls(
            condition=one.label.word.lower(),
            queues=list(one.worker.queues),
            listening=list(one.listening),
            processes=one.worker.concurrency,
            wanted=one.wanted,
            vitals=told
            and Vitals(
                load=told.load, cores=told.cores, memory=told.memory, outdated=told.outdated
            ),
            running=[
                RunningJob(
                    **{name: getattr(job, name) for name in _OF_RUNNING},
                    link=url_for("api.show", job_id=job.job),
                )
                for job in one.running
            ],
            left=[
                LeftJob(
                    **{name: getattr(job, name) for name in _OF_LEFT},
                    link=url_for("api.show", job_id=job.job),
                )
                for job in one.left
            ],
            **{name: getattr(one.worker, name) for name in _AS_IT_IS},
        )


_OF_RUNNING = RunningJob.model_fields.keys() - {"link"}
_OF_LEFT = LeftJob.model_fields.keys() - {"link"}
_AS_IT_IS = (
    *("id", "name", "host", "pid", "version", "started_at", "beat_at"),
    *("stopping_at", "draining_at", "draining_by"),
)


class Workers(Shape):
    """The workers that are there, and then those that are gone since yesterday."""

    workers: list[Worker]
