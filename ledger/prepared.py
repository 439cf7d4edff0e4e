"""Transactions of the job's path: compiled once, run by the driver itself, decided by a guard.

SQLAlchemy looks a statement up and its parameters over at each execution, which costs several
times what the database takes for it. The statements are written in its language all the same, so
that they are the same on both databases.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    Dialect,
    Insert,
    Select,
    Update,
    exists,
    select,
    true,
)

Values: TypeAlias = Mapping[str, Any]

#: Returns a statement that does something only where a condition holds.
Follower: TypeAlias = Callable[[ColumnElement[bool]], Insert | Update]


class Prepared:
    """A statement in the words of one database's driver.

    Args:
        statement: with a `bindparam` for what differs between executions.
        dialect: the database's.
    """

    def __init__(self, statement: Select[Any] | Insert | Update | Delete, dialect: Dialect) -> None:
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


class Change:
    """A guarded UPDATE, and what is done only where it changes a row: one transaction.

    To PostgreSQL it goes as one statement, so that it takes one way to the server instead of five.
    SQLite, to which there is no way, is given one statement after the other.

    Args:
        guard: decides; it returns a row.
        followers: what is done then. They see nothing of what the guard has changed.
        dialect: the database's.
    """

    def __init__(self, guard: Update, followers: Sequence[Follower], dialect: Dialect) -> None:
        self._followers: list[Prepared] = []
        if dialect.name == "sqlite":
            self.run = self._one_by_one
            self._guard = Prepared(guard, dialect)
            self._followers = [Prepared(follower(true()), dialect) for follower in followers]
        else:
            self.run = self._at_once
            self._guard = Prepared(_as_one(guard, followers), dialect)

    def _one_by_one(
        self, connection: Any, values: Values, more: Sequence[Step]
    ) -> dict[str, Any] | None:
        decide = self._guard.bound(values)
        follow = [follower.bound(values) for follower in self._followers]
        follow += [statement.bound(its_values) for statement, its_values in more]
        cursor = connection.cursor()
        connection.begin()
        decide(cursor)
        row = self._guard.row(cursor)
        if row is None:
            connection.rollback()
            return None
        for act in follow:
            act(cursor)
        connection.commit()
        return row

    def _at_once(
        self, connection: Any, values: Values, more: Sequence[Step]
    ) -> dict[str, Any] | None:
        if not more:
            cursor = connection.cursor()
            self._guard.bound(values)(cursor)
            return self._guard.row(cursor)
        with connection.pipeline(), connection.transaction():
            cursor = connection.cursor()
            self._guard.bound(values)(cursor)
            row = self._guard.row(cursor)
            if row is not None:
                for statement, its_values in more:
                    statement.bound(its_values)(connection.cursor())
        return row


def _as_one(guard: Update, followers: Sequence[Follower]) -> Select[Any]:
    changed = guard.cte("changed")
    follow = [follower(exists(select(changed))) for follower in followers]
    return select(*changed.c).add_cte(
        *(statement.cte(f"follows_{place}") for place, statement in enumerate(follow))
    )


def _writer(bind: BindParameter[Any], dialect: Dialect) -> Any:
    return bind.type.dialect_impl(dialect).bind_processor(dialect)


def _reader(type_: Any, dialect: Dialect) -> Any:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _returned(statement: Any) -> Sequence[Any]:
    returns = isinstance(statement, Select) or statement._returning  # noqa: SLF001 - no public name
    return statement.exported_columns if returns else ()
