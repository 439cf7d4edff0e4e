"""Queues that somebody paused: workers start nothing of them until they are resumed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from ledger.database import Database
from ledger.schema import queues

LONGEST_WHY = 500  # characters


@dataclass(frozen=True, slots=True)
class Pause:
    """A paused queue: since when, by whom, and why in their words."""

    queue: str
    at: datetime
    by: str
    why: str


class Queues:
    """The rows of paused queues. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, queue: str, by: str, why: str) -> bool:
        """Pause a queue until somebody resumes it; return False where it is paused already.

        Then the earlier pause stands, with its time and its reason.

        Args:
            queue: its name; whether there is such a queue, the ledger does not know.
            by: who pauses it.
            why: the reason for the others to read, at most `LONGEST_WHY` characters.
        """
        new = self._database.upsert(queues).on_conflict_do_nothing(index_elements=[queues.c.name])
        values = {"name": queue, "paused_at": self._database.now, "paused_by": by, "why": why}
        with self._database.write() as connection:
            # Not the row count, which PostgreSQL's driver does not tell of an insert.
            return connection.scalar(new.values(values).returning(queues.c.name)) is not None

    def resume(self, queue: str) -> bool:
        """Let workers take a queue's jobs again; return False where it was not paused."""
        with self._database.write() as connection:
            return connection.execute(delete(queues).where(queues.c.name == queue)).rowcount == 1

    def paused(self) -> dict[str, Pause]:
        """Return the paused queues by name."""
        query = select(queues.c.name, queues.c.paused_at, queues.c.paused_by, queues.c.why)
        with self._database.read() as connection:
            return {row[0]: Pause(*row) for row in connection.execute(query.order_by("name"))}
