"""Messages that RabbitMQ gave up, kept for an operator to see where they name no job of ours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from uuid_utils import uuid7

from ledger.database import Database
from ledger.schema import dead_letters

BODY_LIMIT = 100_000  # characters of a body that are kept


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody could use; `job` and `reason` are what it and RabbitMQ say."""

    id: str
    received_at: datetime
    job: str | None
    queue: str
    reason: str
    headers: Mapping[str, Any]
    body: str


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


def _shown(body: bytes) -> str:
    """Return a body as text that every database takes; odd bytes are spelt in hexadecimal."""
    text = body[:BODY_LIMIT].decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    if len(body) <= BODY_LIMIT and len(text) <= BODY_LIMIT:
        return text
    return f"{text[:BODY_LIMIT]} … {len(body):,} bytes in all"
