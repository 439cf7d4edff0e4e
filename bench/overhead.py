"""What a job's record costs: a `hello` of zero seconds against the same no-op in bare Celery.

Run it with a broker: CELERY_BROKER_URL=amqp://… python -m bench.overhead [jobs] [rounds]
Both systems drain the same quorum queue with late acks, in turn, with one worker of two processes.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kombu import Connection

from bench import marks


def main(jobs: int, rounds: int) -> None:
    """Print the drain times of each round and their ratio."""
    ratios = []
    print(f"{jobs} jobs, 2 processes; seconds from the first job's start to the last one's end")
    print(f"{'round':>5} {'bare Celery':>12} {'Postroom':>12} {'ratio':>6}")
    for number in range(1, rounds + 1):
        bare, ours = drained("bench.bare", jobs), drained("bench.ours", jobs)
        ratios.append(ours / bare)
        print(f"{number:>5} {bare:>12.2f} {ours:>12.2f} {ours / bare:>6.2f}")
    print(f"median ratio {statistics.median(ratios):.2f} (the aim: at most 1.30)")


def drained(app: str, jobs: int) -> float:
    """Fill the queue, start a worker, and return how long the jobs took it, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "marks"
        seen.mkdir()
        environment = os.environ | {
            "POSTROOM_VAR": folder,
            "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
            "BENCH_MARKS": str(seen),
        }
        empty_the_queue()
        python = [sys.executable, "-m"]
        subprocess.run([*python, "bench.fill", app, str(jobs)], env=environment, check=True)
        worker = subprocess.Popen(
            [
                *(*python, "celery", "-A", app, "worker", "--concurrency", "2"),
                *("--without-mingle", "--without-gossip", "--loglevel", "WARNING"),
            ],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while marks.read(seen)[2] < jobs:
                time.sleep(0.2)
        finally:
            worker.terminate()
            worker.wait()
        first, last, _count = marks.read(seen)
        return last - first


def empty_the_queue() -> None:
    """Purge the default queue, if there is one."""
    with Connection(os.environ["CELERY_BROKER_URL"]) as connection:
        channel = connection.default_channel
        try:
            channel.queue_purge("default")
        except connection.channel_errors:
            return


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], *("1000", "3")[len(sys.argv) - 1 :])))
