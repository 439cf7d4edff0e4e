"""The lines that jobs print, read forward from where a reader stopped."""

from collections.abc import Iterator

from sqlalchemy import select, tuple_

from ledger.database import Database
from ledger.record import LogLine
from ledger.schema import log_lines

_COLUMNS = [
    log_lines.c.attempt,
    log_lines.c.number,
    log_lines.c.at,
    log_lines.c.level,
    log_lines.c.text,
]
START = (0, 0)


class Logs:
    """The log of each job. Lines are written with their attempt's reports, never from here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, job: str, seen: tuple[int, int] = START, limit: int = 2000) -> list[LogLine]:
        """Return the lines that follow `seen`, an (attempt, number), in order."""
        query = (
            select(*_COLUMNS)
            .where(log_lines.c.job == job)
            .where(tuple_(log_lines.c.attempt, log_lines.c.number) > tuple_(*seen))
            .order_by(log_lines.c.attempt, log_lines.c.number)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [LogLine(*row) for row in connection.execute(query)]

    def whole(self, job: str, seen: tuple[int, int] = START) -> Iterator[LogLine]:
        """Yield every line of the job that follows `seen`, reading a piece at a time."""
        while piece := self.after(job, seen):
            yield from piece
            seen = (piece[-1].attempt, piece[-1].number)

    def last(self, job: str, limit: int) -> list[LogLine]:
        """Return the newest lines, at most `limit`, in order."""
        query = (
            select(*_COLUMNS)
            .where(log_lines.c.job == job)
            .order_by(log_lines.c.attempt.desc(), log_lines.c.number.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return [LogLine(*row) for row in connection.execute(query)][::-1]
