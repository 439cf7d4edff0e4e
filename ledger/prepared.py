"""Transactions of the job's path: compiled once, run by the driver itself, decided by a guard.

SQLAlchemy looks a statement up and its parameters over at each execution, which costs several
times what the database takes for it. The statements are written in its language all the same, so
that they are the same on both databases.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Delete,
    Dialect,
    FromClause,
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
        # By name what is written where nothing is given, and how the driver wants it. What the
        # statement says by itself is not to be given, whatever else has its name.
        given = {name for name in names if binds[name].required or binds[name].callable}
        self._binds = [
            (name, name if name in given else "", binds[name].value, _writer(binds[name], dialect))
            for name in names
        ]
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
            given(asked, default) if write is None else write(given(asked, default))
            for _, asked, default, write in self._binds
        ]
        if self._by_place:
            return found
        return dict(zip((name for name, *_ in self._binds), found, strict=True))


Step: TypeAlias = tuple[Prepared, Values | Sequence[Values]]


class Guarded:
    """A guarded UPDATE or INSERT, which returns a row, and what is done only where it changes one.

    Args:
        guard: decides.
        followers: what is done then. They see nothing of what the guard has changed.
    """

    def __init__(self, guard: Update | Insert, *followers: Follower) -> None:
        self.guard = guard
        self.followers = followers


class Change:
    """Guarded statements, each made only where the one before it changed a row: one transaction.

    To PostgreSQL it goes as one statement, so that it takes one way to the server instead of five.
    SQLite, to which there is no way, is given one statement after the other.

    Args:
        dialect: the database's.
        updates: of different rows, and with different names for what they return. An INSERT can
            only be the first.
    """

    def __init__(self, dialect: Dialect, *updates: Guarded) -> None:
        self._in_turn: list[tuple[Prepared, list[Prepared]]] = []
        if dialect.name == "sqlite":
            self.run = self._one_by_one
            for one in updates:
                followers = [Prepared(follower(true()), dialect) for follower in one.followers]
                self._in_turn.append((Prepared(one.guard, dialect), followers))
        else:
            self.run = self._at_once
            self._all = Prepared(_as_one(updates), dialect)

    def _one_by_one(
        self, connection: Any, values: Values, more: Sequence[Step]
    ) -> dict[str, Any] | None:
        bound = [
            (guard, guard.bound(values), [follower.bound(values) for follower in followers])
            for guard, followers in self._in_turn
        ]
        steps = [statement.bound(its_values) for statement, its_values in more]
        cursor = connection.cursor()
        connection.begin()
        changed: dict[str, Any] = {}
        for guard, decide, follow in bound:
            decide(cursor)
            row = guard.row(cursor)
            if row is None:
                break
            changed |= row
            for act in follow:
                act(cursor)
        if not changed:
            connection.rollback()
            return None
        for act in steps:
            act(cursor)
        connection.commit()
        return changed

    def _at_once(
        self, connection: Any, values: Values, more: Sequence[Step]
    ) -> dict[str, Any] | None:
        if not more:
            cursor = connection.cursor()
            self._all.bound(values)(cursor)
            return self._all.row(cursor)
        with connection.pipeline(), connection.transaction():
            cursor = connection.cursor()
            self._all.bound(values)(cursor)
            row = self._all.row(cursor)
            if row is not None:
                for statement, its_values in more:
                    statement.bound(its_values)(connection.cursor())
        return row


def _as_one(updates: Sequence[Guarded]) -> Select[Any]:
    """Return one statement; what an update that changed nothing would have returned is null."""
    changed: list[CTE] = []
    follow: list[CTE] = []
    for place, one in enumerate(updates):
        guard = one.guard
        if changed and isinstance(guard, Update):
            guard = guard.where(exists(select(changed[-1])))
        changed.append(guard.cte(f"changed_{place}"))
        for follower in one.followers:
            statement = follower(exists(select(changed[-1])))
            follow.append(statement.cte(f"follows_{len(follow)}"))
    rows: FromClause = changed[0]
    for later in changed[1:]:
        rows = rows.outerjoin(later, true())
    columns = [column for one in changed for column in one.c]
    return select(*columns).select_from(rows).add_cte(*changed, *follow)


def _writer(bind: BindParameter[Any], dialect: Dialect) -> Any:
    return bind.type.dialect_impl(dialect).bind_processor(dialect)


def _reader(type_: Any, dialect: Dialect) -> Any:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _returned(statement: Any) -> Sequence[Any]:
    returns = isinstance(statement, Select) or statement._returning  # noqa: SLF001 - no public name
    return statement.exported_columns if returns else ()
