"""Whether a kind's heavy library is better loaded in each process, or once before they are forked.

python -m bench.shared [processes]

For each kind that has one, it forks so many processes from one that has loaded all of Postroom, as
a worker does, and prints what they hold together: with the library loaded in none of them, in each
of them, and in the one that they are forked from.
"""

import gc
import importlib
import os
import sys
from collections.abc import Callable
from functools import partial

from bench import processes

KINDS = {"tables": "tasks.kinds.tables.run", "images": "tasks.kinds.images.run"}


def main(number: int) -> None:
    """Print a table."""
    print(f"MiB of {number} processes and the one they are forked from; load of it in ...\n")
    print(f"{'':10} {'none':>8} {'each':>8} {'the one':>8}   threads that the import starts")
    for kind, module in KINDS.items():
        none = held(number, nothing, nothing)
        each = held(number, nothing, partial(load, module))
        one = held(number, partial(load, module), nothing)
        print(f"{kind:10} {none[0]:8.1f} {each[0]:8.1f} {one[0]:8.1f}   {one[1]}")


def held(number: int, before: Callable[[], None], after: Callable[[], None]) -> tuple[float, int]:
    """Return what a process and those it forks hold, and how many threads the first one started."""
    reading, writing = os.pipe()
    root = os.fork()
    if root == 0:
        os.close(reading)
        import tasks.worker

        assert tasks.worker
        tasks.app.loader.import_default_modules()
        before()
        gc.collect()
        gc.freeze()
        children = [forked(after) for _ in range(number)]
        total = sum(processes.memory(pid).pss for pid in [os.getpid(), *(c for c, _ in children)])
        os.write(writing, f"{total} {processes.threads(os.getpid()) - 1}".encode())
        for child, tell in children:
            os.write(tell, b"1")
            os.waitpid(child, 0)
        os._exit(0)
    os.close(writing)
    total, threads = os.read(reading, 100).decode().split()
    os.waitpid(root, 0)
    return float(total), int(threads)


def forked(act: Callable[[], None]) -> tuple[int, int]:
    """Fork a process that acts, and then stays until something is written to what is returned."""
    ready, told = os.pipe()
    stays, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(tell)
        act()
        os.write(told, b"1")
        os.read(stays, 1)
        os._exit(0)
    os.close(stays)
    os.read(ready, 1)
    return child, tell


def nothing() -> None:
    """Load nothing."""


def load(module: str) -> None:
    """Load a kind's own code, which brings its library."""
    importlib.import_module(module)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
