"""Connections to SQLite and PostgreSQL, set up for many processes that write briefly."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from ledger.bell import Bell

PATIENCE = 5.0  # seconds that SQLite's users wait for another process's write
SHORTEST_PAUSE, LONGEST_PAUSE = 0.001, 0.005  # seconds between two looks, where no bell rings
CONNECT_TIMEOUT = 3  # seconds for a new connection to PostgreSQL


class Writer(sqlite3.Connection):
    """A connection to SQLite that writes: in its turn, and telling those who wait for theirs."""

    def __init__(self, bell: Bell, *args: Any, **kwargs: Any) -> None:
        self._bell = bell
        super().__init__(*args, **kwargs)

    def begin(self) -> None:
        """Begin a transaction that will write, when no other process does."""
        # IMMEDIATE: a transaction that turns to writing after a read fails at once with
        # "database is locked", however patient one is.
        patiently(lambda: self.execute("BEGIN IMMEDIATE"), self._bell.wait)

    def commit(self) -> None:
        """Commit, and let the next one in."""
        super().commit()
        self._bell.ring()

    def rollback(self) -> None:
        """Undo what was begun, and let the next one in."""
        super().rollback()
        self._bell.ring()


def sqlite(url: str, *, writes: bool) -> Engine:
    """Return an engine for SQLite whose transactions write, or only read.

    A commit is safe from the death of the process, and from a power cut once `Journal.flush` has
    been called.
    """
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    bell = Bell(Path(f"{path}-bell"))
    # SQLite's own wait for a writer sleeps for milliseconds at a time, longer than most writes
    # take. So a connection that writes does not wait inside SQLite, but in `Writer.begin`.
    ours = {"timeout": 0, "factory": partial(Writer, bell)} if writes else {"timeout": PATIENCE}
    engine = create_engine(url, connect_args={"check_same_thread": False} | ours, pool_size=8)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # We begin transactions ourselves.
        patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"), bell.wait)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        if isinstance(raw, Writer):
            raw.begin()
        else:
            raw.execute("BEGIN")

    event.listen(engine, "engine_disposed", lambda _engine: bell.close())
    return engine


def patiently(act: Callable[[], object], wait: Callable[[float], None]) -> None:
    """Try until no other process writes; give up as SQLite does, after PATIENCE.

    Args:
        act: what is tried.
        wait: returns when it is worth another try, and after so many seconds at the latest.
    """
    deadline = time.monotonic() + PATIENCE
    pause = SHORTEST_PAUSE
    while True:
        try:
            act()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        else:
            return
        wait(pause * random.uniform(0.5, 1.5))  # noqa: S311 - to avoid step, not to hide
        pause = min(1.2 * pause, LONGEST_PAUSE)


class Journal:
    """SQLite's write-ahead log, brought to the disk after a commit rather than inside of it.

    Inside, each process would wait for the disk with the lock in its hand, and all others for it.
    A commit is in this file when it returns, so whoever flushes then has it on the disk, and the
    commits of others along with it.
    """

    def __init__(self, url: str) -> None:
        path = make_url(url).database
        self._path = f"{path}-wal" if path else None
        self._file: int | None = None
        self._lock = threading.Lock()

    def flush(self) -> None:
        """Return when every commit that has returned before is safe from a power cut.

        Raises:
            OSError: the disk refuses.
        """
        if self._path is None:
            return
        with self._lock:
            # SQLite deletes the file when its last user leaves, and the next one makes another.
            if self._file is not None and os.fstat(self._file).st_nlink == 0:
                self.close()
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            os.fdatasync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def postgresql(url: str) -> Engine:
    """Return an engine for PostgreSQL, on which nothing waits without limit."""
    return create_engine(
        url,
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=False,  # A broken connection is reported, and the pool emptied, by itself.
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "tcp_user_timeout": 15_000,
            "options": "-c statement_timeout=30s -c lock_timeout=10s",
        },
    )
