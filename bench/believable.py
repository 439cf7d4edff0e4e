"""A year's history of a busy console, made up: the same each time, the oldest job first."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ledger.texts import searchable

YEAR: Final = 365 * 86_400_000_000  # microseconds
OPEN: Final = 400  # of the newest jobs, which wait or run

KINDS: Final = {"images": 38, "media": 22, "tables": 18, "hello": 12, "commands": 9, "rare": 1}
QUEUES: Final = {"media": "media", "commands": "commands"}
PEOPLE: Final = [f"{name}{number}" for number in ("", 2, 3, 4) for name in (
    *("ada", "grace", "linus", "barbara", "edsger", "frances", "donald", "radia"),
)]  # fmt: skip
NOUNS: Final = [
    *("holiday", "invoice", "portrait", "garden", "harbour", "wedding", "survey", "concert"),
    *("lecture", "podcast", "minutes", "budget", "census", "orders", "weather", "museum"),
]
PLACES: Final = ["berlin", "lagos", "osaka", "quito", "oslo", "porto", "delhi", "austin"]
ERRORS: Final = [
    ("ConnectionRefusedError", "[Errno 111] Connection refused by 10.0.{a}.{b}:5432"),
    ("ValueError", "the column price_{a} has no number in line {b}"),
    ("OSError", "[Errno 28] No space left on device while writing part {b}"),
    ("CalledProcessError", "ffmpeg returned exit status {a}: Invalid data found at frame {b}"),
    ("UnidentifiedImageError", "cannot identify image file number {b}"),
]


@dataclass(frozen=True, slots=True)
class Made:
    """One job: its row, and its card, as tuples in the order of JOB and CARD."""

    job: tuple[Any, ...]
    card: tuple[Any, ...]


JOB: Final = (
    *("id", "kind", "inputs", "owner", "queue", "state", "cause", "attempt", "submitted_at"),
    *("sent_at", "started_at", "finished_at", "worker", "message", "delivery_count"),
    *("progress_done", "progress_total", "result", "error_type", "error_message", "filed_at"),
)
CARD: Final = (
    *("number", "job", "state", "cause", "kind", "owner", "queue", "submitted_at", "error", "text"),
)


def jobs(number: int, now: datetime) -> Iterator[Made]:
    """Yield so many jobs, the oldest first, the last one submitted just before `now`."""
    chance = random.Random(number)  # noqa: S311 - to be the same each time
    end = int(now.astimezone(UTC).timestamp() * 1_000_000)
    # Busier towards the end, as consoles are.
    for place in range(number):
        at = end - YEAR + int(YEAR * ((place + 1) / number) ** 0.7)
        at = min(at, end - (number - place) * 1000)
        yield _job(chance, place, at, left=number - place)


def _job(chance: random.Random, place: int, at: int, left: int) -> Made:
    job = f"{at // 1000:012x}7{place % 4096:03x}8{chance.getrandbits(60):015x}"
    job = f"{job[:8]}-{job[8:12]}-{job[12:16]}-{job[16:20]}-{job[20:]}"
    kind = chance.choices(*_weighted(KINDS))[0]
    owner = PEOPLE[min(int(chance.expovariate(0.25)), len(PEOPLE) - 1)]
    queue = QUEUES.get(kind, "default")
    subject = f"{chance.choice(NOUNS)} {chance.choice(PLACES)} {place % 9973}"
    inputs = {"name": subject, "width": 1280, "format": "webp"}
    state, cause, error = _end(chance, left)
    settled, began = state in {"SUCCESS", "FAILURE", "REVOKED"}, state not in {"PENDING", "REVOKED"}
    started = at + 400_000 if began else None
    finished = at + int(chance.lognormvariate(15, 1.5)) + 400_000 if settled else None
    row = (
        *(job, kind, json.dumps(inputs), owner, queue, state, cause, int(began), at, at + 2000),
        *(started, finished, "w" if began else None, "m" if began else None),
        *(0 if began else None, 100.0, 100.0, '{"made": 3}' if state == "SUCCESS" else None),
        *(*(error or (None, None)), finished),
    )
    text = searchable(kind, owner, f"name={subject}, width=1280, format=webp", *(error or ()))
    card = (
        *(place + 1, job, state if settled else None, cause if settled else None, kind, owner),
        *(queue, at, error and error[0], text),
    )
    return Made(row, card)


def _weighted(table: dict[str, int]) -> tuple[list[str], list[int]]:
    return list(table), list(table.values())


def _end(chance: random.Random, left: int) -> tuple[str, str | None, tuple[str, str] | None]:
    """Return state, cause and error."""
    if left <= OPEN:
        return ("STARTED" if left % 100 == 0 else "PENDING"), None, None
    roll = chance.random()
    if roll < 0.93:
        return "SUCCESS", None, None
    if roll < 0.95:
        return "REVOKED", None, None
    kind, words = chance.choice(ERRORS)
    error = kind, words.format(a=chance.randrange(256), b=chance.randrange(256))
    cause = "crashed" if roll > 0.999 else "timeout" if roll > 0.99 else "error"
    return "FAILURE", cause, error
