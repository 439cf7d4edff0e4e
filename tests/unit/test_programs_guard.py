"""A worker's child that outlives its worker's death by being born in that moment."""

import subprocess
import sys

WORKER = """
import os, time
from tasks.programs import Guard

guard = Guard()
worker = os.getpid()
if os.fork() == 0:
    while os.getppid() == worker:
        time.sleep(0.01)
    print("orphaned", flush=True)
    guard.enlist()
    print("enlisted", flush=True)
os._exit(0)
"""


def test_a_child_whose_worker_died_before_the_kernel_was_asked_to_end_both_ends_by_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORKER], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split() == ["orphaned"]
