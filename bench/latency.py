"""From the POST to the first line of the kind's code, and how long a job's page takes.

Run it against a running console: POSTROOM_URL=http://127.0.0.1:8000 POSTROOM_TOKEN=…
python -m bench.latency [jobs]. The machine should be idle; quote the medians.
"""

import json
import os
import statistics
import sys
import time
import urllib.request
from datetime import datetime

URL, TOKEN = os.environ["POSTROOM_URL"], os.environ["POSTROOM_TOKEN"]


def call(path: str, body: object = None) -> dict[str, object]:
    """Ask the API and return its answer."""
    request = urllib.request.Request(  # noqa: S310 - the console that the caller names
        f"{URL}/api/v1/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the console that the caller names
        found: dict[str, object] = json.load(answer)
        return found


def main(jobs: int) -> None:
    """Submit jobs one after another and print what each part took, in milliseconds."""
    answers, starts = [], []
    for number in range(jobs):
        began = time.time()
        job = call("jobs", {"kind": "hello", "inputs": {"name": f"{number}", "seconds": 0}})
        answers.append(1000 * (time.time() - began))
        while not job["finished_at"]:
            time.sleep(0.02)
            job = call(f"jobs/{job['id']}")
        # The claim's time is the database's clock, on this machine the same as ours; the first
        # line of the kind's code follows it at once.
        started = datetime.fromisoformat(str(job["started_at"])).timestamp()
        starts.append(1000 * (started - began))
    for name, took in (("POST answered", answers), ("first line of code", starts)):
        ordered = sorted(took)
        p99 = ordered[int(0.99 * (len(ordered) - 1))]
        print(f"{name:<20} median {statistics.median(ordered):6.1f} ms   p99 {p99:6.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
