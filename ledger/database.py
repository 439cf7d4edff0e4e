"""One SQL database, SQLite or PostgreSQL: connections, transactions and its own clock."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    Table,
    Update,
    bindparam,
    func,
    literal,
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

from ledger import engines
from ledger.errors import LedgerFull, LedgerUnavailable, Unstorable
from ledger.prepared import Change, Guarded, Prepared, Step, Values

Clock = Callable[[], datetime]


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
        self._journal: engines.Journal | None = None
        #: What a statement returns as well so that its commit does not wait for PostgreSQL's disk.
        #: A fall of the server may forget it, so it is for what is made again then.
        self.unawaited: tuple[ColumnElement[str], ...] = ()
        if url.startswith("sqlite"):
            self.engine = engines.sqlite(url, writes=False)
            self._writer = engines.sqlite(url, writes=True)
            self._journal = engines.Journal(url)
            self._at_once = self._writer
        else:
            self.engine = self._writer = engines.postgresql(url)
            self._at_once = self._writer.execution_options(isolation_level="AUTOCOMMIT")
            forgets = func.set_config("synchronous_commit", "off", literal(value=True))
            self.unawaited = (forgets.label("unawaited"),)
        self._driver: Any = self.engine.dialect.dbapi
        self._kept: deque[Any] = deque()
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

    def prepare(self, statement: Insert | Update | Delete) -> Prepared:
        """Return a statement of the job's path, compiled for this database."""
        return Prepared(statement, self.engine.dialect)

    def prepare_change(self, *updates: Guarded) -> Change:
        """Return a change on the job's path, compiled for this database."""
        return Change(self.engine.dialect, *updates)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection whose statements see one snapshot and block nobody.

        Raises:
            LedgerUnavailable: the database did not answer.
        """
        with self._in_our_words(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, at_once: bool = False) -> Iterator[Connection]:
        """Give a connection in a transaction that commits when the block ends.

        Args:
            at_once: the block is a single statement, so that PostgreSQL need not be told to begin
                and to commit.

        Raises:
            LedgerUnavailable: the database did not answer; the commit may or may not have happened.
        """
        with self.write_soon(at_once=at_once) as connection:
            yield connection
        self.flush()

    @contextmanager
    def write_soon(self, *, at_once: bool = False) -> Iterator[Connection]:
        """As `write`, for what a power cut may forget: nobody was promised it.

        The death of a process forgets nothing. On SQLite it saves the wait for the disk; on
        PostgreSQL, which can fall without its clients, it is the same as `write`.

        Raises:
            LedgerUnavailable: the database did not answer; the commit may or may not have happened.
        """
        writer = self._at_once if at_once else self._writer
        with self._in_our_words(), writer.begin() as connection:
            yield connection

    def change(
        self, change: Change, values: Values, *more: Step, soon: bool = False
    ) -> dict[str, Any] | None:
        """Make a change as one transaction, if its guard changes a row.

        Args:
            change: what to do.
            values: of its statements.
            more: done after it, for what differs in number.
            soon: a power cut may forget it, as with `write_soon`.

        Returns:
            what the guard returned, or None where it changed nothing and so nothing was done.

        Raises:
            LedgerUnavailable: the database did not answer; the commit may or may not have happened.
        """
        with self._in_our_words(), self._driven() as connection:
            row = change.run(connection, values, more)
        if row is not None and not soon:
            self.flush()
        return row

    @contextmanager
    def _driven(self) -> Iterator[Any]:
        """Give a connection as its driver has it.

        It is kept from one transaction to the next, for the pool's care of a connection takes as
        long as a short transaction does. The pool never gets it back: it commits by itself.
        """
        try:
            pooled = self._kept.pop()
        except IndexError:
            pooled = self._connect()
        try:
            yield pooled.driver_connection
        except BaseException as error:
            gone = isinstance(error, self._driver.Error) and self._writer.dialect.is_disconnect(
                error, pooled.driver_connection, None
            )
            # Whatever it was in the middle of, nobody uses it any more.
            pooled.invalidate(error)
            if gone:
                self._forget_idle()  # The others went the same way.
                raise LedgerUnavailable(str(error)) from error
            raise
        self._kept.append(pooled)

    def _forget_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._kept.pop().invalidate()
        self._writer.dispose()

    def _connect(self) -> Any:
        pooled: Any = self._writer.raw_connection()
        if self._journal is None:
            # A change is one statement; to begin and to commit would be two more.
            pooled.driver_connection.autocommit = True
        return pooled

    @property
    def flushes(self) -> bool:
        """Whether a commit that may be forgotten is safe only after `flush`."""
        return self._journal is not None

    def flush(self) -> None:
        """Return when every commit that has returned before is safe from a power cut.

        Raises:
            LedgerUnavailable: the disk refuses.
        """
        if self._journal is None:
            return
        try:
            self._journal.flush()
        except OSError as error:
            raise LedgerUnavailable(str(error)) from error

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, PoolTimeout, self._driver.OperationalError) as error:
            words = str(error.orig if isinstance(error, DBAPIError) else error)
            full = "disk is full" in words or "No space left" in words
            raise (LedgerFull if full else LedgerUnavailable)(words) from error
        except (DataError, self._driver.DataError) as error:
            raise Unstorable(str(getattr(error, "orig", error))) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise LedgerUnavailable(str(error.orig)) from error
            raise

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
        self._forget_idle()
        self.engine.dispose()
        if self._journal is not None:
            self._journal.close()
