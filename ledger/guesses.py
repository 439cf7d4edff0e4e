"""Attempts to sign in, counted for a while, so that whoever guesses passwords has to wait."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from ledger.database import Database
from ledger.schema import guesses


@dataclass(frozen=True, slots=True)
class Counted:
    """How many guesses there have been, this one included, and how long they are remembered."""

    number: int
    left: timedelta


class Guesses:
    """The rows of guesses. Nobody's name or address is kept, only a digest of both."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, about: str, seconds: float) -> Counted:
        """Count one guess more.

        Of several that come at once, each gets a number of its own.

        Args:
            about: whose password it is about, and who guesses.
            seconds: how long the first guess, and those after it, are remembered.

        Raises:
            LedgerUnavailable: the database does not answer; the guess may be counted or not.
        """
        now, until = self._database.now, self._database.ago(-seconds)
        first = self._database.upsert(guesses).values(digest=_digest(about), number=1, until=until)
        counted = first.on_conflict_do_update(
            index_elements=["digest"], set_={"number": guesses.c.number + 1}
        ).returning(guesses.c.number, guesses.c.until, now.label("now"))
        with self._database.write_soon() as connection:
            connection.execute(delete(guesses).where(guesses.c.until <= now))
            row = connection.execute(counted).one()
        return Counted(row.number, row.until - row.now)

    def forget(self, about: str) -> None:
        """Begin anew: the password was right.

        Raises:
            LedgerUnavailable: the database does not answer.
        """
        with self._database.write_soon() as connection:
            connection.execute(delete(guesses).where(guesses.c.digest == _digest(about)))


def _digest(about: str) -> str:
    return hashlib.sha256(about.encode()).hexdigest()
