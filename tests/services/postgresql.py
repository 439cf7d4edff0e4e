"""A PostgreSQL server that a test may stop and kill."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import psycopg

from launch import ports
from tests.services import memory
from tests.services.missing import MissingProgramError
from tests.waiting import until

_START_SECONDS = 60
_STOP_SECONDS = 30


class PostgreSQL:
    """A PostgreSQL server with its own data, as durable as one in production (fsync is on).

    Not where `fsync` is "off": what it writes then outlives its processes, but no power cut. It
    refuses to run as root, so then it runs as another user. It keeps its port and its data
    over `stop`, `kill` and `start`.
    """

    def __init__(self, fsync: str = "on") -> None:
        self._fsync = fsync
        self._programs = _postgresql_programs()
        self._user = _other_user_than_root()
        # Each database is three hundred files, which take a disk longer than most tests take.
        where = memory.place() if fsync == "off" else None
        self.folder = Path(tempfile.mkdtemp(prefix="postroom-postgresql-", dir=where))
        if self._user:
            shutil.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        [self.port] = ports.free()
        self._server: subprocess.Popen[bytes] | None = None
        self._call(
            *("initdb", "--pgdata", str(self.folder / "data"), "--username", "postroom"),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        )

    def start(self) -> Self:
        """Start the server and return when it answers; without effect on one that runs.

        Raises:
            AssertionError: it ended, or does not answer in a minute; the message has its log.
        """
        if self._server is None:
            self._server = self._run(
                *("postgres", "-D", str(self.folder / "data"), "-h", "127.0.0.1"),
                *("-p", str(self.port), "-c", "unix_socket_directories="),
                *("-c", f"fsync={self._fsync}"),
            )
        until("PostgreSQL answers", self._answers, _START_SECONDS)
        return self

    def stop(self) -> None:
        """End the server in good order; connections to it are cut."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the server and all its processes as a crash would."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
        self._end(signal.SIGKILL)

    def database(self, like: str = "") -> str:
        """Make a new database and return its SQLAlchemy URL.

        It is empty, or holds what the one at the URL `like` does, to which nobody is connected.

        Raises:
            psycopg.Error: the server does not run, or somebody is connected.
        """
        name = f"test_{uuid4().hex}"
        template = like.rpartition("/")[2] or "template1"
        with psycopg.connect(self._connection(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return f"postgresql+psycopg://postroom@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Delete a database, whoever is connected."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self._connection(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())

    def close(self) -> None:
        """End the server and remove everything it kept, the memory that it shares included.

        A killed one would leave that in /dev/shm.
        """
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start the server."""
        try:
            return self.start()
        except AssertionError:
            self.close()  # Nobody else would end what has started of it.
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def log(self) -> Path:
        """The file that gets everything the server says."""
        return self.folder / "server.log"

    def _connection(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=postroom dbname=postgres connect_timeout=2"

    def _answers(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, f"PostgreSQL ended: {self.log.read_text()[-3000:]}"
        try:
            psycopg.connect(self._connection()).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [self._programs / program, *arguments],
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
                start_new_session=True,
            )

    def _call(self, program: str, *arguments: str) -> None:
        code = self._run(program, *arguments).wait(_START_SECONDS)
        assert code == 0, f"{program} failed: {self.log.read_text()}"

    def _end(self, signum: signal.Signals) -> None:
        if self._server is not None:
            self._server.send_signal(signum)
            self._server.wait(_STOP_SECONDS)
            self._server = None


def _postgresql_programs() -> Path:
    """Return the folder with PostgreSQL's server programs, the newest where there are several."""
    packaged = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(packaged, key=lambda path: float(path.parent.parent.name))
    on_path = shutil.which("initdb")
    if newest:
        return newest[-1].parent
    if on_path:
        return Path(on_path).resolve().parent
    raise MissingProgramError("PostgreSQL is not installed: apt-get install postgresql")


def _other_user_than_root() -> pwd.struct_passwd | None:
    """Return who is to run PostgreSQL; None if whoever we are may."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise MissingProgramError("PostgreSQL does not run as root, and there is no other user here")
