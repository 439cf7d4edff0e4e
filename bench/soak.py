"""Jobs over HTTP for minutes while everything dies; then the ledger must account for each.

python -m bench.soak --minutes 10 --database sqlite --seed 1
Exits with 1 if a job was lost, left running, or has not exactly one end.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from bench.chaos import Chaos
from ledger.errors import LedgerUnavailable
from ledger.record import Attempt, Ending, Job, State
from tests.proxy import Proxy
from tests.running import Postroom
from tests.services import PostgreSQL, RabbitMQ

WORKERS = 2
QUIET = 180  # seconds that the last jobs have after the last fault

ENDS = {
    State.SUCCESS: {Ending.SUCCEEDED},
    State.FAILURE: {Ending.FAILED, Ending.TIMED_OUT, Ending.CRASHED, Ending.LOST},
    State.REVOKED: {Ending.CANCELLED},
}


DEATHS = {Ending.LOST, Ending.CRASHED}


class Submitter(threading.Thread):
    """Submits a mix of jobs over HTTP, with each key again until it is answered.

    `accepted` are the ids that the console answered with; `slowest` is in seconds.
    """

    def __init__(self, place: Postroom, token: str, seed: int, every: float) -> None:
        super().__init__(name="submitter")
        self.accepted: list[str] = []
        self.slowest = 0.0
        self.repeated = 0
        self._place = place
        self._token = token
        self._random = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._every = every
        self._end = threading.Event()

    def stop(self) -> None:
        """Submit no more; return when the last one is answered."""
        self._end.set()
        self.join()

    def run(self) -> None:
        """Submit until told to stop."""
        while not self._end.wait(self._every):
            self._submit(self._inputs(), str(uuid4()))

    def _inputs(self) -> dict[str, object]:
        ending = self._random.choices(["succeed", "fail", "die once"], [16, 2, 2])[0]
        seconds = self._random.choices([0, 1, 3, 20], [8, 6, 4, 1])[0]
        return {"name": "Ada", "seconds": seconds, "ending": ending}

    def _submit(self, inputs: dict[str, object], key: str) -> None:
        body = json.dumps({"kind": "hello", "inputs": inputs}).encode()
        request = urllib.request.Request(  # noqa: S310 - our own console
            f"{self._place.address}/api/v1/jobs",
            data=body,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )
        while True:
            began = time.monotonic()
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own console
                    self.accepted.append(json.load(answer)["id"])
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    return
            except (urllib.error.URLError, OSError, ValueError):
                self.repeated += 1
                time.sleep(0.5)


class Keeper(threading.Thread):
    """Starts again what died, as the supervisor under bin/run does."""

    def __init__(self, place: Postroom) -> None:
        super().__init__(name="keeper")
        self._place = place
        self._end = threading.Event()

    def stop(self) -> None:
        """Let the programs be."""
        self._end.set()
        self.join()

    def run(self) -> None:
        """Look a few times a second."""
        while not self._end.wait(0.3):
            for program in tuple(self._place.programs):
                if not program.running():
                    self._place.programs.remove(program)
                    self._place.start(program.name)


def soak(minutes: float, database: str, seed: int, every: float) -> bool:
    """Run one soak, print what it saw, and return whether the promise held."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-soak-")))
        broker = stack.enter_context(RabbitMQ())
        proxy = stack.enter_context(Proxy(broker.address.port))
        server = stack.enter_context(PostgreSQL()) if database == "postgresql" else None
        url = server.database() if server else ""
        place = stack.enter_context(Postroom(folder, proxy.url(broker.url), url))
        place.console()
        for _ in range(WORKERS):
            place.worker()
        token = place.ledger.users.new_token(place.ledger.users.add("soak"), "soak")
        keeper = Keeper(place)
        submitter = Submitter(place, token, seed, every)
        chaos = Chaos(place, broker, proxy, server, seed)
        print(f"{minutes:g} minutes on {database}, seed {seed}")
        for thread in (keeper, submitter, chaos):
            thread.start()
        time.sleep(60 * minutes)
        chaos.stop()
        submitter.stop()
        quiet = until_quiet(place)
        keeper.stop()
        return report(place, submitter, chaos, quiet)


def until_quiet(place: Postroom) -> float:
    """Wait until every job has ended, and return how long that took, in seconds."""
    began = time.monotonic()
    while time.monotonic() - began < QUIET:
        try:
            if all(job.state.settled for job in jobs(place)):
                break
        except LedgerUnavailable:
            pass  # It was away when the last fault ended; ask again.
        time.sleep(0.5)
    return time.monotonic() - began


def jobs(place: Postroom) -> list[Job]:
    """Return every job of the ledger."""
    return place.ledger.jobs.page(limit=1_000_000)


def report(place: Postroom, submitter: Submitter, chaos: Chaos, quiet: float) -> bool:
    """Print the table, and return whether every accepted job has exactly one end."""
    found = {job.id: job for job in jobs(place)}
    attempts = {job: place.ledger.jobs.attempts(job) for job in found}
    endings = Counter(one.ending for all_of in attempts.values() for one in all_of)
    faults = {
        "accepted and not in the ledger": [one for one in submitter.accepted if one not in found],
        "accepted twice": [one for one, n in Counter(submitter.accepted).items() if n > 1],
        "not ended": [job.id for job in found.values() if not job.state.settled],
        "an attempt without an ending": [
            job for job, all_of in attempts.items() if any(one.ending is None for one in all_of)
        ],
        "not exactly one end": [
            job.id
            for job in found.values()
            if job.state.settled
            and attempts[job.id]
            and attempts[job.id][-1].ending not in ENDS[job.state]
        ],
        "an end before the last attempt": [
            job
            for job, all_of in attempts.items()
            if any(one.ending in {Ending.SUCCEEDED, Ending.FAILED} for one in all_of[:-1])
        ],
    }
    print("\nfaults:   " + ", ".join(f"{name} {n}" for name, n in sorted(chaos.done.items())))
    print("jobs:     " + ", ".join(f"{s} {n}" for s, n in count(found.values()).items()))
    print("attempts: " + ", ".join(f"{ending} {n}" for ending, n in endings.most_common()))
    died = (one for all_of in attempts.values() for one in all_of if one.ending in DEATHS)
    for note, n in Counter(one.note for one in died).most_common(6):
        print(f"          {n:>4} died: {note}")
    print(
        f"accepted {len(submitter.accepted)}, in the ledger {len(found)}; slowest answer"
        f" {submitter.slowest:.1f} s; {submitter.repeated} posts repeated;"
        f" quiet {quiet:.0f} s after the last fault"
    )
    for job in sorted(found.values(), key=finished)[-3:]:
        tell(job, attempts[job.id])
    for words, ids in faults.items():
        if ids:
            print(f"BROKEN: {words}: {len(ids)}, for instance {ids[0]}")
    return not any(faults.values())


def finished(job: Job) -> float:
    """Return when a job ended, as a number to sort by."""
    return job.finished_at.timestamp() if job.finished_at else float("inf")


def tell(job: Job, attempts: Iterable[Attempt]) -> None:
    """Print the timeline of a job, in seconds since it was submitted."""
    print(f"one of the last: {job.id} {job.inputs['seconds']} s, {job.inputs['ending']}")
    for one in attempts:
        began = (one.started_at - job.submitted_at).total_seconds()
        ended = (one.ended_at - job.submitted_at).total_seconds() if one.ended_at else None
        print(f"          {began:7.1f} to {ended} s: {one.ending} {one.note}")


def count(found: Iterable[Job]) -> Counter[str]:
    """Count jobs by state, and by cause where they failed."""
    return Counter(f"{job.state} ({job.cause})" if job.cause else str(job.state) for job in found)


def main() -> int:
    """Read the arguments and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=0.8, help="seconds between two jobs")
    arguments = parser.parse_args()
    held = soak(arguments.minutes, arguments.database, arguments.seed, arguments.every)
    print("The promise held." if held else "The promise was BROKEN.")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
