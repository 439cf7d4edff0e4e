"""The pipe by which a process gets its jobs, from which its main process can take one back.

A message is read in two steps, so whoever reads one has the pipe's lock. It is the kernel's, on the
pipe itself: it is free again when its holder dies, and holds no job up but while one is read.
"""

import fcntl
import pickle
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def receiver(queue: Any) -> Callable[[float], tuple[bool, Any]]:
    """Return what waits for the next message, for a process of billiard's pool.

    Args:
        queue: billiard's, of this process.
    """
    end = queue._reader  # noqa: SLF001 - billiard's queue has no other way in
    messages = select.poll()
    messages.register(end.fileno(), select.POLLIN)

    def receive(_timeout: float) -> tuple[bool, Any]:
        messages.poll()
        with _locked(end.fileno(), fcntl.LOCK_SH):
            if not messages.poll(0):
                return False, None  # It was taken back.
            return True, pickle.loads(end.recv_bytes())  # noqa: S301 - from our own main process

    return receive


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
