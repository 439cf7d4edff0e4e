"""Kinds that take more of the machine than there is, of whatever sort."""

import resource
import threading
from pathlib import Path
from typing import Literal

from tasks.context import output
from tasks.kind import kind, seconds

_kept: list[bytes] = []


@kind(title="Leak", time_limit=seconds(60))
def leaks(what: Literal["memory", "some memory", "threads"]) -> int:
    """Keeps what it takes, up to a lot."""
    if what == "memory":
        return len([bytearray(10_000_000) for _ in range(400)])
    if what == "some memory":
        _kept.append(b"x" * 100_000_000)
        return len(_kept)
    forever = threading.Event()
    for _ in range(200):
        threading.Thread(target=forever.wait).start()
    return threading.active_count()


@kind(title="Fill a disk", time_limit=seconds(60), retries=1, retry_for=(OSError,), retry_delay=0.1)
def fills_a_disk(where: Literal["its own", "the storage"]) -> None:
    """Writes to a disk that has no room left."""
    result = output("a.txt")
    if where == "its own":
        result = Path("/dev/full")
    with result.open("w", encoding="utf-8") as file:
        file.write("more than there is room for")


@kind(title="Print a gigabyte", time_limit=seconds(60))
def prints_a_gigabyte(how: Literal["in lines", "in one line", "at once"]) -> int:
    """Prints that much and returns the most memory that its process had, in MB."""
    print("the first line")  # noqa: T201 - it goes to the job's log
    piece = "x" * 99_999
    if how == "at once":
        print(f"{piece}\n" * 10_000)  # noqa: T201 - as above
    else:
        for _ in range(10_000):
            print(piece, end="\n" if how == "in lines" else "")  # noqa: T201 - as above
    print("\nthe last line")  # noqa: T201 - as above
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
