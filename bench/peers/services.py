"""The servers of a run, and in them a place of its own for each turn."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from bench.peers import marks
from bench.peers.environments import CHECKOUT
from bench.peers.redis import Redis
from bench.peers.systems import Server, System
from tests.services import MissingProgramError, PostgreSQL, RabbitMQ

SYNCS = 500


@dataclass(frozen=True)
class Place:
    """Where one turn happens: empty queues, an empty database, an empty folder.

    `environment` is all that its programs are told.
    """

    folder: Path
    environment: dict[str, str]

    @property
    def marks(self) -> Path:
        """The file of the jobs' marks."""
        return Path(self.environment[marks.FILE])

    def let_go(self, number: int) -> None:
        """Let a held job end."""
        (Path(self.environment[marks.GATES]) / str(number)).touch()


class Servers:
    """Private servers on free ports of loopback, started on entering and gone afterwards.

    Args:
        needed: which are started. `missing` then has, for those that are not installed here, what
            to install.
        fsync: Redis' `appendfsync`.
    """

    def __init__(self, needed: Iterable[Server], fsync: str) -> None:
        self._needed = frozenset(needed)
        self._fsync = fsync
        self._stack = ExitStack()
        self._rabbitmq: RabbitMQ | None = None
        self._postgresql: PostgreSQL | None = None
        self._redis: Redis | None = None
        self.missing: dict[Server, str] = {}
        self.versions: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Start them, with all that they keep in one folder."""
        starts = {
            Server.RABBITMQ: self._start_rabbitmq,
            Server.POSTGRESQL: self._start_postgresql,
            Server.REDIS: self._start_redis,
        }
        with self._stack:
            folder = self._stack.enter_context(
                tempfile.TemporaryDirectory(prefix="postroom-peers-", ignore_cleanup_errors=True)
            )
            # Of what is interrupted in its first moments, nobody else would know the folder.
            Path(folder).chmod(0o711)  # PostgreSQL runs as another user than root.
            self._stack.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
            tempfile.tempdir = folder
            for server in sorted(self._needed):
                try:
                    starts[server]()
                except MissingProgramError as error:
                    self.missing[server] = str(error)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End them and remove what they kept."""
        self._stack.close()

    @contextmanager
    def place(self, system: System) -> Iterator[Place]:
        """Give a turn its place, which is gone afterwards."""
        with ExitStack() as stack:
            memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - ours in it is private
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-peers-"))
            )
            seen = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="postroom-peers-", dir=memory)
            )
            broker = redis = database = ""
            if Server.RABBITMQ in system.needs and self._rabbitmq:
                vhost = self._rabbitmq.add_vhost()
                stack.callback(self._rabbitmq.remove_vhost, vhost)
                broker = self._rabbitmq.url_of(vhost)
            if Server.POSTGRESQL in system.needs and self._postgresql:
                database = self._postgresql.database()
            if Server.REDIS in system.needs and self._redis:
                self._redis.ask("FLUSHALL")
                redis = self._redis.url
            yield Place(
                folder,
                {
                    marks.FILE: f"{seen}/marks",
                    marks.GATES: seen,
                    "BENCH_FOLDER": str(folder),
                    "BENCH_RECORD": system.record,
                    "BENCH_BROKER": broker,
                    "BENCH_DATABASE": database,
                    "BENCH_REDIS": redis,
                    "PYTHONPATH": str(CHECKOUT),
                    # Postroom's own names of the same.
                    "POSTROOM_VAR": str(folder / "var"),
                    "DATABASE_URL": database,
                    "STORAGE_URL": "",
                    "CELERY_BROKER_URL": broker,
                    **system.settings,
                },
            )

    def _start_rabbitmq(self) -> None:
        # Registered before it starts: a Ctrl-C in the middle of that must end it too.
        self._rabbitmq = RabbitMQ()
        self._stack.callback(self._rabbitmq.close)
        self._rabbitmq.start()
        self.versions["RabbitMQ"] = self._rabbitmq.rabbitmqctl("version").strip()

    def _start_postgresql(self) -> None:
        self._postgresql = PostgreSQL()
        self._stack.callback(self._postgresql.close)
        # First, for a server that is killed leaves its shared memory behind.
        self._stack.callback(self._postgresql.stop)
        self._postgresql.start()
        url = self._postgresql.database().replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(url) as connection:
            number = connection.info.server_version
        self.versions["PostgreSQL"] = f"{number // 10_000}.{number % 10_000}"

    def _start_redis(self) -> None:
        self._redis = Redis(self._fsync)
        self._stack.callback(self._redis.close)
        self._redis.wait()
        self.versions["Redis"] = self._redis.version()


def syncs_per_second() -> float:
    """Return how often this machine's disk takes a small write for good, in a second."""
    with tempfile.NamedTemporaryFile(prefix="postroom-peers-") as file:
        began = time.monotonic()
        for _ in range(SYNCS):
            os.pwrite(file.fileno(), b"x" * 100, 0)
            os.fdatasync(file.fileno())
        return SYNCS / (time.monotonic() - began)
