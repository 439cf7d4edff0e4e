"""The one client of a turn: it submits what it is told to on its standard input, and answers.

    python -m bench.peers.client MODULE

It runs in the system's own environment and lives as long as the turn, so that its connections are
made and its code is warm when it is measured. Each order is a line, each answer a line of JSON.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.peers import marks

LOOK_EVERY = 0.002  # seconds between two looks for a mark
REST = 0.02  # seconds after each single job, in which its end is recorded
PATIENCE = 60  # seconds until a single job's first line of code


class Client:
    """The orders that a client obeys; each returns what is answered."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._marks = marks.Reader(Path(os.environ[marks.FILE]))

    def prepare(self) -> object:
        """Make what the system needs; answer whether it can take many jobs at once."""
        self._module.prepare()
        return hasattr(self._module, "submit_many")

    def accept(self, first: str, count: str) -> object:
        """Submit no-ops one after another; answer with the seconds that took."""
        numbers = range(int(first), int(first) + int(count))
        began = time.monotonic()
        for number in numbers:
            self._module.submit("noop", number)
        return time.monotonic() - began

    def accept_many(self, first: str, count: str) -> object:
        """Submit no-ops at once, the way the system has for it; answer with the seconds."""
        numbers = range(int(first), int(first) + int(count))
        began = time.monotonic()
        self._module.submit_many(numbers)
        return time.monotonic() - began

    def idle(self, first: str, count: str) -> object:
        """Submit no-ops, each when the one before has run; answer with the milliseconds of each."""
        return [self._latency(int(first) + place) for place in range(int(count))]

    def hold(self, number: str) -> object:
        """Submit a job that keeps its process busy."""
        self._module.submit("hold", int(number))
        return None

    def _latency(self, number: int) -> float:
        began = time.monotonic_ns()
        self._module.submit("noop", number)
        while number not in self._marks.first:
            if time.monotonic_ns() - began > PATIENCE * 1_000_000_000:
                raise TimeoutError(f"job {number} did not run within {PATIENCE} s")
            time.sleep(LOOK_EVERY)
            self._marks.look()
        time.sleep(REST)
        return (self._marks.first[number] - began) / 1e6


def main() -> None:
    """Obey until the input ends."""
    # What a library prints must not pass for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    client = Client(importlib.import_module(sys.argv[1]))
    for line in sys.stdin:
        order, *arguments = line.split()
        obey: Callable[..., object] = getattr(client, order)
        print(json.dumps(obey(*arguments)), file=answers, flush=True)


if __name__ == "__main__":
    main()
