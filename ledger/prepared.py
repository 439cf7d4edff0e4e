"""Statements of the job's path, compiled once and run by the driver itself.

SQLAlchemy looks a statement up and its parameters over at each execution, which costs several
times what the database takes for it. The statements are written in its language all the same, so
that they are the same on both databases.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Delete, Dialect, Insert, Update

from ledger.engines import begin_writing

Values: TypeAlias = Mapping[str, Any]


class Prepared:
    """A statement that changes rows, in the words of one database's driver.

    Args:
        statement: with a `bindparam` for what differs between executions.
        dialect: the database's.
    """

    def __init__(self, statement: Insert | Update | Delete, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self._by_place = compiled.positional
        names = compiled.positiontup if self._by_place else list(binds)
        # By name what is written where nothing is given, and how the driver wants it.
        self._binds = [(name, binds[name].value, _writer(binds[name], dialect)) for name in names]
        # A clock of a test's own tells its time with each execution.
        self._told = {name: told for name in names if (told := binds[name].callable) is not None}
        self._readers = [
            (column.key, _reader(column.type, dialect)) for column in _returned(statement)
        ]

    def bound(self, values: Values | Sequence[Values]) -> Callable[[Any], None]:
        """Return what executes it with a cursor: once, or once for each of several values.

        What there is to do in Python is done by then, so that no transaction lasts longer for it.
        """
        if isinstance(values, Mapping):
            parameters = self._parameters(values)
            return lambda cursor: cursor.execute(self._sql, parameters)
        several = [self._parameters(one) for one in values]
        return lambda cursor: cursor.executemany(self._sql, several)

    def row(self, cursor: Any) -> dict[str, Any] | None:
        """Return the row that its execution returned, if it changed one."""
        rows = cursor.fetchall()
        if not rows:
            return None
        return {
            key: value if read is None else read(value)
            for (key, read), value in zip(self._readers, rows[0], strict=True)
        }

    def _parameters(self, values: Values) -> Any:
        if self._told:
            values = {name: told() for name, told in self._told.items()} | dict(values)
        given = values.get
        found = [
            given(name, default) if write is None else write(given(name, default))
            for name, default, write in self._binds
        ]
        if self._by_place:
            return found
        return dict(zip((name for name, _, _ in self._binds), found, strict=True))


Step: TypeAlias = tuple[Prepared, Values | Sequence[Values]]


def one_by_one(connection: Any, guard: Step, others: Sequence[Step]) -> dict[str, Any] | None:
    """Run a transaction on SQLite, whose answers cost no way to a server."""
    statement, values = guard
    decide = statement.bound(values)
    follow = [other.bound(its_values) for other, its_values in others]
    cursor = connection.cursor()
    begin_writing(connection)
    decide(cursor)
    row = statement.row(cursor)
    if row is None:
        connection.rollback()
        return None
    for act in follow:
        act(cursor)
    connection.commit()
    return row


def pipelined(connection: Any, guard: Step, others: Sequence[Step]) -> dict[str, Any] | None:
    """Run a transaction on PostgreSQL in two round trips: the guard, then all the rest of it."""
    with connection.pipeline():
        statement, values = guard
        cursor = connection.cursor()
        statement.bound(values)(cursor)
        row = statement.row(cursor)
        if row is None:
            connection.rollback()
            return None
        for other, its_values in others:
            other.bound(its_values)(connection.cursor())
        connection.commit()
    return row


def _writer(bind: BindParameter[Any], dialect: Dialect) -> Any:
    return bind.type.dialect_impl(dialect).bind_processor(dialect)


def _reader(type_: Any, dialect: Dialect) -> Any:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _returned(statement: Any) -> Sequence[Any]:
    return statement.exported_columns if statement._returning else ()  # noqa: SLF001 - no public name
