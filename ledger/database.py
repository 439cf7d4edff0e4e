"""One SQL database, SQLite or PostgreSQL: connections, transactions and its own clock."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Table,
    bindparam,
    create_engine,
    event,
    make_url,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from ledger.errors import LedgerFull, LedgerUnavailable, Unstorable

Clock = Callable[[], datetime]

PATIENCE = 5.0  # seconds that SQLite's users wait for another process's write
SHORTEST_PAUSE, LONGEST_PAUSE = 0.0001, 0.005  # seconds between two looks for its end
CONNECT_TIMEOUT = 3  # seconds for a new connection to PostgreSQL


class Timestamp(TypeDecorator[datetime]):
    """An aware datetime, kept as whole microseconds since 1970: alike on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return what the database keeps."""
        return None if value is None else round(value.timestamp() * 1_000_000)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return what the program works with."""
        return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


class _Now(FunctionElement[datetime]):
    """The database's own clock, so that machines whose clocks differ agree on time."""

    inherit_cache = True  # Without it SQLAlchemy compiles each statement anew: half a millisecond.
    type = Timestamp()


@compiles(_Now, "sqlite")
def _now_on_sqlite(_element: _Now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


@compiles(_Now, "postgresql")
def _now_on_postgresql(_element: _Now, _compiler: SQLCompiler, **_options: Any) -> str:
    # clock_timestamp, not now(): a transaction that waited for a lock must not date things back.
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"


def _told_by(clock: Clock) -> ColumnElement[datetime]:
    return bindparam(None, callable_=clock, type_=Timestamp())


class Database:
    """Opens short transactions and puts foreign errors into our words.

    A `Database` must not cross a fork: a child opens its own.

    Args:
        url: SQLAlchemy's form, `sqlite:///path` or `postgresql+psycopg://…`.
        clock: replaces the database's clock; tests own time through it.
    """

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self.url = url
        if url.startswith("sqlite"):
            self.engine, self._writer = _sqlite(url, writes=False), _sqlite(url, writes=True)
        else:
            self.engine = self._writer = _postgresql(url)
        self._clock = clock
        self.now = _Now() if clock is None else _told_by(clock)

    def ago(self, seconds: float) -> ColumnElement[datetime]:
        """Return the moment that many seconds before now, as SQL."""
        if self._clock is not None:
            clock = self._clock
            return _told_by(lambda: clock() - timedelta(seconds=seconds))
        microseconds = type_coerce(self.now, BigInteger) - round(seconds * 1_000_000)
        return type_coerce(microseconds, Timestamp())

    def upsert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that can say what happens where the row exists already."""
        if self.url.startswith("sqlite"):
            return sqlite.insert(table)
        return postgresql.insert(table)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection whose statements see one snapshot and block nobody.

        Raises:
            LedgerUnavailable: the database did not answer.
        """
        with _in_our_words(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in a transaction that commits when the block ends.

        Raises:
            LedgerUnavailable: the database did not answer; the commit may or may not have happened.
        """
        with _in_our_words(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def write_soon(self) -> Iterator[Connection]:
        """As `write`, for what a power cut may forget: nobody was promised it.

        The death of a process forgets nothing. On SQLite it saves the wait for the disk; on
        PostgreSQL, which can fall without its clients, it is the same as `write`.

        Raises:
            LedgerUnavailable: the database did not answer; the commit may or may not have happened.
        """
        with _in_our_words(), self._writer.connect() as connection:
            connection.execution_options(soon=True)
            with connection.begin():
                yield connection

    def read_clock(self) -> datetime:
        """Return the database's own time.

        Raises:
            LedgerUnavailable: the database did not answer.
        """
        with self.read() as connection:
            told: datetime = connection.execute(select(self.now)).scalar_one()
            return told

    def close(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()
        self._writer.dispose()


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout, sqlite3.OperationalError) as error:
        # The last is what our own statements at the begin of a transaction raise.
        words = str(error.orig if isinstance(error, DBAPIError) else error)
        full = "disk is full" in words or "No space left" in words
        raise (LedgerFull if full else LedgerUnavailable)(words) from error
    except DataError as error:
        raise Unstorable(str(error.orig)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise LedgerUnavailable(str(error.orig)) from error
        raise


def _sqlite(url: str, *, writes: bool) -> Engine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # SQLite's own wait for a writer sleeps for milliseconds at a time, longer than most writes
    # take. So a connection that writes does not wait inside SQLite, but in `begin` below.
    patience = 0 if writes else PATIENCE
    engine = create_engine(
        url, connect_args={"timeout": patience, "check_same_thread": False}, pool_size=8
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # We begin transactions ourselves.
        _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        if writes:
            soon = connection.get_execution_options().get("soon")
            raw.execute(f"PRAGMA synchronous = {'NORMAL' if soon else 'FULL'}")
            # IMMEDIATE: a transaction that turns to writing after a read fails at once with
            # "database is locked", however patient one is.
            _patiently(lambda: raw.execute("BEGIN IMMEDIATE"))
        else:
            raw.execute("BEGIN")

    return engine


def _patiently(act: Callable[[], object]) -> None:
    """Try until no other process writes; give up as SQLite does, after PATIENCE."""
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
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - to avoid step, not to hide
        pause = min(1.2 * pause, LONGEST_PAUSE)


def _postgresql(url: str) -> Engine:
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
