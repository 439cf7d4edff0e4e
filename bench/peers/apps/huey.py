"""Huey: a list in Redis, from which a worker takes a job before it runs it."""

import os

from huey import RedisHuey

from bench.peers import marks

huey = RedisHuey("peers", url=os.environ["BENCH_REDIS"])
_tasks = {name: huey.task(name=name)(job) for name, job in marks.JOBS.items()}


def prepare() -> None:
    """Do nothing: Redis needs no preparation."""


def submit(name: str, number: int) -> None:
    """Push the job."""
    _tasks[name](number)
