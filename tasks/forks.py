"""A step that no fork may come into: a child must not inherit a lock that a database library holds.

SQLite and libpq have locks inside that a child forked in the midst of a call would inherit, locked
for ever.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

FORK_WAITS = 0.1  # seconds that a new child waits for a step's end, at most

_forking = threading.Lock()
_held: list[bool] = []


@contextmanager
def not_across_a_fork() -> Iterator[None]:
    """Hold back the forks of other threads for the length of a block."""
    with _forking:
        yield


def _hold() -> None:
    # Bounded, for the main process never waits for the database: a step that hangs longer waits
    # in the network or for a file lock, not inside one of those locks.
    _held.append(_forking.acquire(timeout=FORK_WAITS))


def _release() -> None:
    if _held.pop():
        _forking.release()


os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_release)
