"""The pipe by which a process gets its jobs, from which its main process can take one back.

A message is read in two steps, so whoever reads one has the pipe's lock. It is the kernel's, on the
pipe itself: it is free again when its holder dies, and holds no job up but while one is read.
"""

import fcntl
import pickle
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Inbox:
    """A process's own end of the pipe.

    Args:
        queue: billiard's.
        goes_on: given how many messages were received, whether the process will receive another.
    """

    def __init__(self, queue: Any, goes_on: Callable[[int], bool]) -> None:
        self._end = queue._reader  # noqa: SLF001 - billiard's queue has no other way in
        self._goes_on = goes_on
        self._messages = select.poll()
        self._messages.register(self._end.fileno(), select.POLLIN)
        self._read: list[Any] = []
        self._received = 0

    def receive(self, _timeout: float) -> tuple[bool, Any]:
        """Return whether there is a message, for which it waits, and the message."""
        if not self._read:
            self._messages.poll()
            self._look()
        if not self._read:
            return False, None
        self._received += 1
        return True, self._read.pop()

    def peek(self) -> Any:
        """Return the message that comes next, None if it is not there yet.

        It can't be taken back any more.
        """
        with suppress(EOFError, OSError):  # Whoever receives it is told.
            if not self._read and self._goes_on(self._received):
                self._look()
        return self._read[0] if self._read else None

    @property
    def holds_a_job(self) -> bool:
        """Whether the next job has been read, so that nobody waits to receive it."""
        return bool(self._read) and self._read[0] is not None  # None asks the process to end.

    def _look(self) -> None:
        with _locked(self._end.fileno(), fcntl.LOCK_SH):
            if self._messages.poll(0):  # Else it was taken back.
                self._read.append(pickle.loads(self._end.recv_bytes()))  # noqa: S301 - from our own main process


def take_back(queue: Any) -> Any:
    """Return the next message, which the process then never gets; None if there is none.

    Nothing may be on its way into the pipe: half a message would be waited for.
    """
    end = queue._reader  # noqa: SLF001 - as above
    try:
        # Of a pipe's two ends, each with its own kind of lock.
        with _locked(queue._writer.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB):  # noqa: SLF001 - as above
            return pickle.loads(end.recv_bytes()) if end.poll(0) else None  # noqa: S301 - our own
    except BlockingIOError:
        return None  # The process is reading it.


@contextmanager
def _locked(end: int, how: int) -> Iterator[None]:
    fcntl.lockf(end, how)
    try:
        yield
    finally:
        fcntl.lockf(end, fcntl.LOCK_UN)
