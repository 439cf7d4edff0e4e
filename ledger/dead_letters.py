"""Messages that RabbitMQ gave up and that name no job of ours: kept, and requeued by people."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from uuid_utils import uuid7

from ledger.database import Database
from ledger.errors import NoSuchLetter
from ledger.schema import dead_letters

BODY_LIMIT = 100_000  # characters of a body that are kept


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody could use; `job` and `reason` are what it and RabbitMQ say.

    `requeued_by` asked first to have it run as a job; that is `requeued_as`, once it is accepted.
    """

    id: str
    received_at: datetime
    job: str | None
    queue: str
    reason: str
    headers: Mapping[str, Any]
    body: str
    requeued_at: datetime | None = None
    requeued_by: str | None = None
    requeued_as: str | None = None


class DeadLetters:
    """The rows of dead letters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self, job: str | None, queue: str, reason: str, headers: Mapping[str, Any], body: bytes
    ) -> None:
        """Keep a message, so far as it can be shown: of a long body the beginning.

        Raises:
            LedgerUnavailable: it is not known whether it was kept; keep it again.
        """
        values = {
            "id": str(uuid7()),
            "job": None if job is None else job[:36],
            "queue": queue[:100],
            "reason": reason[:200],
            # Through text, for RabbitMQ's headers have types that JSON has no word for.
            "headers": json.loads(json.dumps(headers, default=str).replace("\\u0000", "")),
            "body": _shown(body),
        }
        with self._database.write() as connection:
            connection.execute(
                insert(dead_letters).values(received_at=self._database.now, **values)
            )

    def newest(self, limit: int) -> list[DeadLetter]:
        """Return the dead letters, the newest first."""
        query = select(dead_letters).order_by(dead_letters.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [DeadLetter(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name

    def count(self) -> int:
        """Return how many dead letters there are that nobody has requeued."""
        query = select(func.count()).where(dead_letters.c.requeued_as.is_(None))
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def get(self, letter_id: str) -> DeadLetter:
        """Return a dead letter.

        Raises:
            NoSuchLetter: it is not there.
        """
        query = select(dead_letters).where(dead_letters.c.id == letter_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NoSuchLetter(letter_id)
        return DeadLetter(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name

    def take(self, letter_id: str, by: str) -> str:
        """Write down who has a letter requeued, and return whoever asked first.

        Its job is that person's, whoever goes on: so there is one job, and never two.

        Raises:
            NoSuchLetter: it is not there.
        """
        letter = dead_letters.c
        taken = (
            update(dead_letters)
            .where(letter.id == letter_id)
            .values(
                requeued_by=func.coalesce(letter.requeued_by, by),
                requeued_at=func.coalesce(letter.requeued_at, self._database.now),
            )
            .returning(letter.requeued_by)
        )
        with self._database.write() as connection:
            first: str | None = connection.execute(taken).scalar_one_or_none()
        if first is None:
            raise NoSuchLetter(letter_id)
        return first

    def requeued(self, letter_id: str, job: str) -> None:
        """Write down as which job a letter runs."""
        with self._database.write() as connection:
            connection.execute(
                update(dead_letters).where(dead_letters.c.id == letter_id).values(requeued_as=job)
            )

    def delete(self, letter_id: str) -> None:
        """Remove a letter; what it asked for is not done.

        Raises:
            NoSuchLetter: it is not there.
        """
        gone = delete(dead_letters).where(dead_letters.c.id == letter_id)
        with self._database.write() as connection:
            if connection.execute(gone).rowcount == 0:
                raise NoSuchLetter(letter_id)


def _shown(body: bytes) -> str:
    """Return a body as text that every database takes; odd bytes are spelt in hexadecimal."""
    text = body[:BODY_LIMIT].decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    if len(body) <= BODY_LIMIT and len(text) <= BODY_LIMIT:
        return text
    return f"{text[:BODY_LIMIT]} … {len(body):,} bytes in all"
