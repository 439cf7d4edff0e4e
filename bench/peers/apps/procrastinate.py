"""Procrastinate: rows in PostgreSQL, with the periodic task that its guide has for dead workers."""

import os
from collections.abc import Iterable

from procrastinate import App, JobContext, PsycopgConnector

from bench.peers import marks

app = App(
    connector=PsycopgConnector(
        conninfo=os.environ["BENCH_DATABASE"].replace("postgresql+psycopg", "postgresql")
    )
)
_tasks = {name: app.task(job, name=name) for name, job in marks.JOBS.items()}


# The guide looks every ten minutes. A minute is as often as its periods go without seconds.
@app.periodic(cron="* * * * *")
@app.task(queueing_lock="stalled", pass_context=True)
async def free_stalled_jobs(_context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - its name is given
    """Have the jobs of workers whose heart stopped run again."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


def prepare() -> None:
    """Make its tables, and connect."""
    app.open()
    app.schema_manager.apply_schema()


def submit(name: str, number: int) -> None:
    """Insert a row, and commit."""
    _tasks[name].defer(number=number)


def submit_many(numbers: Iterable[int]) -> None:
    """Insert all rows in one transaction."""
    _tasks["noop"].batch_defer(*({"number": number} for number in numbers))
