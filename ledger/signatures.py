"""What kinds asked for when jobs were submitted, so that a later form can say what has changed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from ledger.again_tables import signatures
from ledger.database import Database


class Signatures:
    """Each once, by a digest of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._written: set[str] = set()

    def remember(self, digest: str, asked: Mapping[str, Any]) -> None:
        """Make sure that it is written; a process asks the database once.

        Raises:
            LedgerUnavailable: the database does not answer.
        """
        if digest in self._written:
            return
        if self.get(digest) is None:
            row = self._database.upsert(signatures).values(digest=digest, asked=dict(asked))
            with self._database.write_soon() as connection:
                connection.execute(row.on_conflict_do_nothing())
        self._written.add(digest)

    def get(self, digest: str | None) -> Mapping[str, Any] | None:
        """Return what was asked for, or None if that is not known.

        Raises:
            LedgerUnavailable: the database does not answer.
        """
        query = select(signatures.c.asked).where(signatures.c.digest == digest)
        with self._database.read() as connection:
            asked: Mapping[str, Any] | None = connection.execute(query).scalar_one_or_none()
        return asked
