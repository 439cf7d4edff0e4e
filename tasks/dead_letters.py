"""Reads the dead-letter queue into the ledger, so that what RabbitMQ gave up is never just gone."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from ledger import Ledger
from tasks.publisher import MESSAGE_HEADER, Publisher

logger = logging.getLogger(__name__)


def read(ledger: Ledger, publisher: Publisher, queue: str, limit: int) -> None:
    """Empty the queue of dead letters: each one's job is sent again, or the letter is kept.

    Raises:
        LedgerUnavailable: the letter at hand goes back.
        NotSent: RabbitMQ did not answer in time.
    """
    publisher.take(queue, lambda message: _settle(ledger, message), limit)


def _settle(ledger: Ledger, message: Any) -> None:
    headers = message.headers or {}
    job = headers.get("id") if isinstance(headers.get("id"), str) else None
    queue, reason = _death(headers)
    if job is not None:
        known = ledger.recovery.message_died(job, str(headers.get(MESSAGE_HEADER) or job))
        if known:
            logger.warning("A message of job %s died (%s); the job is not lost.", job, reason)
            return
    ledger.dead_letters.keep(job, queue, reason, headers, _bytes(message.body))
    logger.error("A message that is no job of ours is kept among the dead letters: %s.", reason)


def inputs_in(body: str) -> Mapping[str, Any] | None:
    """Return the inputs that the body of a Celery message names, or None if it is none.

    Inputs without a name can't be told apart, so a message that has any is none.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    match asked:
        case [[], dict() as inputs, *_]:
            return inputs
    return None


def _death(headers: dict[str, Any]) -> tuple[str, str]:
    """Return from which queue a message died, and why, as RabbitMQ says."""
    match headers.get("x-death"):
        case [{"queue": str(queue), "reason": str(reason)}, *_earlier]:
            return queue, reason
    return "", "unknown"


def _bytes(body: str | bytes) -> bytes:
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)
