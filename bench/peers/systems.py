"""The systems that are measured: how each is started, what it needs, and what it keeps of a job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

PROCESSES = "2"  # that run jobs, in every system


class Server(StrEnum):
    """What a system stores jobs in, or sends them through."""

    RABBITMQ = "RabbitMQ"
    POSTGRESQL = "PostgreSQL"
    REDIS = "Redis"


@dataclass(frozen=True)
class System:
    """One row of the table.

    Args:
        title: what the table calls it.
        app: its module in `bench.peers.apps`.
        environment: names its file in `requirements/`; empty for this Python, with Postroom's own.
        workers: the command lines that together have two processes run jobs.
        needs: the servers that must run.
        keeps: what is durably recorded of a job that ended, in words.
        forgets: it has no copy of a job that a process has begun, so that one which was killed
            never runs again.
        record: the store it is told to use, where it has a choice.
        settings: more environment variables.
    """

    title: str
    app: str
    environment: str
    workers: tuple[tuple[str, ...], ...]
    needs: frozenset[Server]
    keeps: str
    forgets: bool = False
    record: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """The full name of its module."""
        return f"bench.peers.apps.{self.app}"


def _celery(app: str) -> tuple[tuple[str, ...], ...]:
    # Events are on, as Flower has them; the two other options leave chatter out.
    options = ("--concurrency", PROCESSES, "--task-events", "--without-mingle", "--without-gossip")
    return (
        ("celery", "-A", f"bench.peers.apps.{app}", "worker", *options, "--loglevel", "WARNING"),
    )


_RABBITMQ = frozenset({Server.RABBITMQ})
_POSTGRESQL = frozenset({Server.POSTGRESQL})
_REDIS = frozenset({Server.REDIS})

_POTATOQ = (
    ("potatoq", "-A", "bench.peers.apps.potatoq", "worker", "-c", PROCESSES, "-l", "WARNING"),
)
_PROCRASTINATE = ("procrastinate", "--app", "bench.peers.apps.procrastinate.app", "worker")

REFERENCE = "celery"

SYSTEMS = {
    REFERENCE: System(
        title="Celery",
        app="celery",
        environment="celery",
        workers=_celery("celery"),
        needs=_RABBITMQ,
        keeps="nothing",
    ),
    "celery-sqlite": System(
        title="Celery, results in SQLite",
        app="celery",
        environment="celery",
        workers=_celery("celery"),
        needs=_RABBITMQ,
        keeps="state, result or error",
        record="sqlite",
    ),
    "celery-postgresql": System(
        title="Celery, results in PostgreSQL",
        app="celery",
        environment="celery",
        workers=_celery("celery"),
        needs=_RABBITMQ | _POSTGRESQL,
        keeps="state, result or error",
        record="postgresql",
    ),
    "rq": System(
        title="RQ",
        app="rq",
        environment="rq",
        workers=(
            ("rq", "worker-pool", "default", "-n", PROCESSES, "-c", "bench.peers.apps.rq", "-q"),
        ),
        needs=_REDIS,
        keeps="job, result (500 s) or error (a year)",
    ),
    "dramatiq": System(
        title="Dramatiq",
        app="dramatiq",
        environment="dramatiq",
        workers=(
            ("dramatiq", "bench.peers.apps.dramatiq", "--processes", PROCESSES, "--threads", "1"),
        ),
        needs=_RABBITMQ,
        keeps="nothing",
    ),
    "huey": System(
        title="Huey",
        app="huey",
        environment="huey",
        workers=(
            ("huey_consumer", "bench.peers.apps.huey.huey", "-k", "process", "-w", PROCESSES, "-q"),
        ),
        needs=_REDIS,
        keeps="result until read, or error",
        forgets=True,
    ),
    "procrastinate": System(
        title="Procrastinate",
        app="procrastinate",
        environment="procrastinate",
        workers=(_PROCRASTINATE,) * int(PROCESSES),
        needs=_POSTGRESQL,
        keeps="row, and the time of each change",
    ),
    "potatoq": System(
        title="potatoq on RabbitMQ",
        app="potatoq",
        environment="potatoq",
        workers=_POTATOQ,
        needs=_RABBITMQ,
        keeps="only what failed",
    ),
    "potatoq-sqlite": System(
        title="potatoq on SQLite",
        app="potatoq",
        environment="potatoq",
        workers=_POTATOQ,
        needs=frozenset(),
        keeps="state, result or error (a day)",
        record="sqlite",
    ),
    "potatoq-postgresql": System(
        title="potatoq on PostgreSQL",
        app="potatoq",
        environment="potatoq",
        workers=_POTATOQ,
        needs=_POSTGRESQL,
        keeps="state, result or error (a day)",
        record="postgresql",
    ),
    "postroom-sqlite": System(
        title="Postroom on SQLite",
        app="postroom",
        environment="",
        workers=_celery("postroom"),
        needs=_RABBITMQ,
        keeps="row, attempts, log, files, result or error",
        record="sqlite",
    ),
    "postroom-postgresql": System(
        title="Postroom on PostgreSQL",
        app="postroom",
        environment="",
        workers=_celery("postroom"),
        needs=_RABBITMQ | _POSTGRESQL,
        keeps="row, attempts, log, files, result or error",
        record="postgresql",
    ),
}
