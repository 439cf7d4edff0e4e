"""How right it is when a page says when a job starts: with real workers and jobs of mixed length.

python -m bench.estimates [seconds], a minute by default. It starts a RabbitMQ, a worker and a
ledger of its own, submits `hello` by chance so that there is now a line and now none, and asks at
each submission what a page would show. What the clock does every five seconds it does more often,
so that a minute of history is enough; then it compares.
"""

import random
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ledger.outlook import outlook
from tasks.app import app
from tasks.kind import kinds
from tasks.learning import Learning
from tasks.publisher import Publisher
from tasks.queue import submit
from tests.acceptance.workers import WorkerProcess
from tests.running import Postroom
from tests.services import RabbitMQ

PROCESSES = 4
LONGEST = 5  # seconds that a job takes; each whole number up to it is as likely
LOAD = 0.9  # of what the processes can do
LEARN_EVERY = 0.5  # seconds


@dataclass(frozen=True)
class Promise:
    """What a page said of a job when it was submitted, in seconds."""

    job: str
    starts_in: float
    within: float | None
    done_in: float | None


def main(seconds: float) -> None:
    """Run it all and print what share of the promises were kept."""
    chances = random.Random(7)  # noqa: S311 - to be repeated
    with (
        tempfile.TemporaryDirectory() as folder,
        RabbitMQ() as rabbitmq,
        Postroom(Path(folder), rabbitmq.url) as place,
    ):
        worker = WorkerProcess(Path(folder), "w", PROCESSES, place.environment)
        try:
            worker.ready()
            app.conf.broker_url = rabbitmq.url
            promises = submitted(place, chances, seconds)
            report(place, promises)
        finally:
            worker.end()


def submitted(place: Postroom, chances: random.Random, seconds: float) -> list[Promise]:
    """Submit for so long, and return what was promised each time."""
    ledger, publisher, kind = place.ledger, Publisher(app), kinds()["hello"]
    learning = Learning(ledger, [kind.name], [kind.queue])
    pause = (1 + LONGEST) / 2 / PROCESSES / LOAD
    promises, learn_at, end = [], 0.0, time.monotonic() + seconds
    submit_at = time.monotonic()
    while (now := time.monotonic()) < end:
        if now >= learn_at:
            learning.step()
            learn_at = now + LEARN_EVERY
        if now >= submit_at:
            submit_at += chances.expovariate(1 / pause)
            inputs = kind.parse({"name": "Ada", "seconds": chances.randint(1, LONGEST)})
            seen = outlook(ledger.waiting.at_the_end(kind.name, kind.queue)).estimate
            job = submit(ledger, publisher, kind, inputs, owner="ada").job
            if seen is not None:
                promises.append(Promise(job, seen.starts_in, seen.margin, seen.done_in))
        time.sleep(0.01)
    publisher.close()
    return promises


def report(place: Postroom, promises: list[Promise]) -> None:
    """Compare what was promised with what the ledger says, when all jobs have ended."""
    jobs = {one.job: place.settled(one.job, within=60) for one in promises}
    started, done, waits, margins = [], [], [], []
    for one in promises:
        job = jobs[one.job]
        if job.started_at is None or job.finished_at is None or one.within is None:
            continue
        waited = (job.started_at - job.submitted_at).total_seconds()
        started.append(abs(waited - one.starts_in) <= one.within)
        waits.append(waited)
        margins.append(one.within)
        if one.done_in is not None:
            by = job.submitted_at + timedelta(seconds=one.done_in)
            done.append(job.finished_at <= by)
    print(f"{len(promises)} jobs, {len(started)} of them with a margin")
    if not started:
        return
    middle = sorted(waits)[len(waits) // 2], sorted(margins)[len(margins) // 2]
    print(f"waited: median {middle[0]:.1f} s, longest {max(waits):.1f} s")
    print(f"margin: median {middle[1]:.0f} s, from {min(margins):.0f} to {max(margins):.0f} s")
    print(f"started within the margin: {share(started)}")
    print(f"done by the time that was said: {share(done)}")


def share(kept: list[bool]) -> str:
    """Return how many of them were kept, in per cent."""
    return f"{100 * sum(kept) / len(kept):.0f} % of {len(kept)}"


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
