"""The rows of a made-up job, as tuples: those that it gets itself, and the card the clock makes."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bench.believable import One
from ledger.texts import searchable
from tasks.alike import signature_of

Row = tuple[Any, ...]

# What is made of each table, in an order in which no row refers to one that is still to come.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "jobs": (
        *("id", "kind", "inputs", "owner", "queue", "batch", "state", "cause", "attempt"),
        *("revision", "submitted_at", "sent_at", "started_at", "finished_at", "filed_at"),
        *("cancel_requested_at", "worker", "message", "delivery_count", "progress_done"),
        *("progress_total", "result", "error_type", "error_message", "error_traceback"),
        *("idempotency_key", "fingerprint", "signature", "retried_from"),
    ),
    "files": (
        *("id", "job", "attempt", "owner", "name", "media_type", "size", "sha256", "created_at"),
    ),
    "job_uploads": ("job", "file"),
    "attempts": (
        *("job", "number", "worker", "pid", "message", "delivery_count", "started_at"),
        *("ended_at", "ending", "note"),
    ),
    "log_lines": ("job", "attempt", "number", "at", "level", "text"),
    "cards": (
        *("number", "job", "state", "cause", "kind", "owner", "queue", "submitted_at", "error"),
        "text",
    ),
}


def rows_of(one: One) -> dict[str, list[Row]]:
    """Return the rows of each table."""
    return {
        "jobs": [_job(one)],
        "files": [*_uploads(one), *_outputs(one)],
        "job_uploads": [(one.id, file["id"]) for file in one.uploads if one.kept],
        "attempts": list(_attempts(one)),
        "log_lines": list(_lines(one)),
        "cards": [_card(one)],
    }


def _job(one: One) -> Row:
    end, last = one.end, len(one.end.attempts)
    inputs = json.dumps(one.inputs)
    succeeded = end.state == "SUCCESS"
    return (
        *(one.id, one.kind.name, inputs, one.owner, one.queue, one.batch, end.state, end.cause),
        *(last, 2 + 2 * last, one.submitted_at, one.submitted_at + 2000, one.started_at),
        *(one.finished_at, one.finished_at, one.finished_at if end.state == "REVOKED" else None),
        *((one.worker, one.id, 0) if last else (None, None, None)),
        *(100.0 if succeeded else 40.0, 100.0, '{"made": 3}' if succeeded else None),
        *(*end.error.columns, f"form {one.id[9:]}", _alike(inputs)),
        *(signature_of(one.kind).digest, one.retried_from),
    )


def _alike(text: str) -> str:
    """Return what is the same for the same inputs, as a fingerprint is."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _uploads(one: One) -> Iterator[Row]:
    for file in one.uploads if one.kept else ():
        told = file["id"], None, None, one.owner, file["name"], "application/octet-stream"
        yield (*told, file["size"], file["sha256"], one.submitted_at)


def _outputs(one: One) -> Iterator[Row]:
    """Yield as many files as it was given, of a job that has made some."""
    if not one.kept or one.end.state != "SUCCESS":
        return
    for number in range(len(one.uploads)):
        told = f"{one.id[:24]}{number:012x}", one.id, len(one.end.attempts), one.owner
        yield (
            *(*told, f"result-{number + 1}.webp", "image/webp", 90_000 + number, "0" * 64),
            one.finished_at,
        )


def _attempts(one: One) -> Iterator[Row]:
    for number, ending in enumerate(one.end.attempts, 1):
        began = one.submitted_at + 400_000 * number
        ended = began + 300_000 if number < len(one.end.attempts) else one.finished_at
        yield one.id, number, one.worker, 7, one.id, number - 1, began, ended, ending, ""


def _lines(one: One) -> Iterator[Row]:
    """Yield the lines of its last attempt."""
    name, last, at = one.kind.name, len(one.end.attempts), one.started_at or 0
    for number in range(1, one.lines + 1):
        text = f"{name}: step {number} of {one.lines} is done, {number * 37 % 101} MB read so far"
        yield one.id, last, number, at + number * 1000, "INFO", text


def _card(one: One) -> Row:
    end, told = one.end, f"{one.kind.title} {one.kind.summary(one.inputs)}"
    error = end.error.type or "", end.error.message or ""
    return (
        *(one.number, one.id, end.state if end.settled else None, end.cause, one.kind.name),
        *(one.owner, one.queue, one.submitted_at, end.error.type),
        searchable(one.kind.name, one.owner, told, *error),
    )
