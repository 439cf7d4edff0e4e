"""The drill: a real job, its worker killed in the middle, and the timeline that tells of it."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeVar

import click

from ledger import Ledger
from ledger.record import Attempt, Job, State, Worker
from tasks.kind import kinds
from tasks.queue import submit
from webapp.services import services
from webapp.terminal import Command

Found = TypeVar("Found")

KIND: Final = "hello"
SECONDS: Final = 8  # that the job takes
BEFORE: Final = 3  # seconds that it runs until its worker dies
PATIENCE: Final = 60  # seconds for each step
PATIENCE_FOR_WORKERS: Final = 15  # seconds; they may just be starting
PAUSE: Final = 0.1


@click.command("drill", cls=Command)
def command() -> None:
    """Show the promise: submit a real job, kill its worker, and see the job end all the same."""
    found = services()
    for line in drill(found.ledger, _submit):
        click.echo(line)


def _submit() -> str:
    found = services()
    kind = kinds()[KIND]
    inputs = kind.parse({"name": "drill", "seconds": SECONDS})
    return submit(found.ledger, found.publisher, kind, inputs, owner="drill").job


def drill(ledger: Ledger, submit_job: Callable[[], str]) -> Iterator[str]:
    """Run the drill and yield what a person reads of it, as it happens.

    Args:
        ledger: whose workers are on this machine.
        submit_job: submits the job and returns its id.

    Raises:
        click.ClickException: the drill can't be held here, or the promise did not hold.
    """
    workers = _two_workers(ledger)
    job = submit_job()
    yield f"Submitted a job of {SECONDS} seconds: {job}"
    attempt = _until(lambda: _running(ledger, job), "the job runs")
    victim = next(worker for worker in workers if worker.id == attempt.worker)
    yield f"It runs on {victim.name}, process {attempt.pid}."
    time.sleep(BEFORE)
    os.kill(victim.pid, signal.SIGKILL)
    killed = time.monotonic()
    yield f"Killed that whole worker (SIGKILL of process {victim.pid}) after {BEFORE} seconds."
    again = _until(lambda: _running(ledger, job, attempt.number + 1), "it runs again")
    yield f"It runs again {time.monotonic() - killed:.1f} s later, on {again.worker_name}."
    ended = _until(lambda: _settled(ledger, job), "it has ended")
    yield "\nIts timeline:"
    yield from timeline(ended, ledger.jobs.attempts(job))
    if ended.state is not State.SUCCESS:
        raise click.ClickException(f"The job ended as {ended.state}, and should have succeeded.")
    yield "\nThe job was accepted once, lost its worker, and ended once: in success."


def timeline(job: Job, attempts: list[Attempt]) -> Iterator[str]:
    """Yield a job's life in lines, with seconds since it was submitted."""

    def at(moment: datetime) -> str:
        return f"{(moment - job.submitted_at).total_seconds():7.2f} s  "

    yield f"{at(job.submitted_at)}submitted"
    for one in attempts:
        yield f"{at(one.started_at)}attempt {one.number} on {one.worker_name}, process {one.pid}"
        if one.ended_at is not None and one.ending is not None:
            yield f"{at(one.ended_at)}attempt {one.number} {one.ending}. {one.note}".rstrip()
    if job.finished_at is not None:
        yield f"{at(job.finished_at)}the job ended: {job.state}"


def _two_workers(ledger: Ledger) -> list[Worker]:
    """Return the workers of this machine: one to kill, and at least one to take over."""
    deadline = time.monotonic() + PATIENCE_FOR_WORKERS
    while len(found := _workers_here(ledger)) < 2:  # noqa: PLR2004 - as the name says
        if time.monotonic() > deadline:
            raise click.ClickException(
                f"A drill needs two workers on this machine, and {len(found)} live here."
                " Start Postroom with bin/run, or another worker by: celery -A tasks worker"
            )
        time.sleep(PAUSE)
    return found


def _workers_here(ledger: Ledger) -> list[Worker]:
    alive = ledger.workers.alive(ledger.settings.heart_timeout)
    return [
        worker
        for worker in alive
        if worker.host == socket.gethostname() and worker.stopping_at is None and _lives(worker.pid)
    ]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False  # It is gone, or another user's and not ours to kill.
    return True


def _running(ledger: Ledger, job: str, number: int = 1) -> Attempt | None:
    last = ledger.jobs.attempts(job)[-1:]
    return last[0] if last and last[0].number >= number and last[0].ending is None else None


def _settled(ledger: Ledger, job: str) -> Job | None:
    found = ledger.jobs.get(job)
    return found if found.state.settled else None


def _until(look: Callable[[], Found | None], what: str) -> Found:
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise click.ClickException(f"After {PATIENCE} s still not: {what}.")
        time.sleep(PAUSE)
    return found
