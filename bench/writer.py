"""Writes beside what is measured, in a process of its own: 200 jobs a second, and the clock's part.

python -m bench.writer URL [jobs a second]
"""

import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger import Ledger, Settings
from ledger.jobs import Submission
from ledger.outcome import Outcome
from ledger.record import Claim, Delivery, Ending, LogLine, State
from tasks.filing import Filing
from tasks.kind import kinds

TICK = 0.5  # seconds between two filings; the clock's own
RATE = 200.0  # jobs a second


@contextmanager
def writing(url: str) -> Iterator[None]:
    """Write until the block ends; say how many jobs came to be a second."""
    program = [sys.executable, "-m", "bench.writer", url]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        try:
            writer.stdout.readline()
            yield
        finally:
            writer.stdin.close()
            print(writer.stdout.read().decode().strip(), file=sys.stderr)


def main(url: str, rate: float) -> None:
    """Write until standard input ends."""
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        ledger = Ledger(Settings(postroom_var=Path(folder), database_url=url, storage_url=""))
        filing = Filing(ledger, kinds())
        print("ready", flush=True)
        began = time.monotonic()
        done, file_at = 0, began
        while not select.select([sys.stdin], [], [], 0)[0]:
            one_job(ledger, done)
            done += 1
            if time.monotonic() >= file_at:
                file_at = time.monotonic() + TICK
                filing.do()
            time.sleep(max(0.0, began + done / rate - time.monotonic()))
        print(f"{done / (time.monotonic() - began):.0f} jobs a second beside it", flush=True)
        ledger.close()


def one_job(ledger: Ledger, number: int) -> None:
    """Take a job from its submission to its end."""
    inputs = {"name": f"beside {number}", "seconds": 0, "ending": "succeed"}
    job, _new = ledger.jobs.submit(Submission("hello", "default", inputs, "ada"))
    ledger.outbox.mark_sent(job, 0)
    claim = ledger.claims.claim(Delivery(job, job, 0), "w39", 7)
    assert isinstance(claim, Claim)
    line = LogLine(1, 1, ledger.database.read_clock(), "INFO", "done")
    ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED), None, [line])


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else RATE)
