"""A step that no fork may come into: whoever is forked in the midst of it must not live.

What the step has of the database is in the new process too, and for ever as it was in that
moment. SQLite takes a transaction that was open for one of the new process's own, and keeps that
process from writing as long as it lives; and both databases' libraries have locks inside.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from billiard.pool import EX_RECYCLE

FORK_WAITS = 0.25  # seconds that the main process waits with a new child, at most

_forking = threading.Lock()
_held: list[bool] = []


@contextmanager
def not_across_a_fork() -> Iterator[None]:
    """Hold back the forks of other threads for the length of a block.

    A fork waits for a moment only, for the main process never waits for the database. Whoever is
    born in the block all the same ends at once, and the pool makes another.
    """
    with _forking:
        yield


def _hold() -> None:
    _held.append(_forking.acquire(timeout=FORK_WAITS))


def _release() -> None:
    if _held.pop():
        _forking.release()


def _release_or_end() -> None:
    if not _held[-1]:
        os._exit(EX_RECYCLE)  # The pool takes it for a child that had its time.
    _release()


os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_release_or_end)
