"""RQ: a list in Redis, and a process forked for each job. Workers read this module as settings."""

import os
from collections.abc import Iterable

from redis import Redis
from rq import Queue, Retry

from bench.peers import marks

REDIS_URL = os.environ["BENCH_REDIS"]

_queue = Queue(connection=Redis.from_url(REDIS_URL))
# Without it, the job of a killed process counts as failed and stays so.
_RETRY = Retry(max=5)


def prepare() -> None:
    """Do nothing: Redis needs no preparation."""


def submit(name: str, number: int) -> None:
    """Write the job and push its id, in one transaction."""
    _queue.enqueue(marks.JOBS[name], number, retry=_RETRY)


def submit_many(numbers: Iterable[int]) -> None:
    """Do so for all in one pipeline."""
    _queue.enqueue_many(
        [Queue.prepare_data(marks.noop, (number,), retry=_RETRY) for number in numbers]
    )
