"""The pipe by which a process tells its main process what becomes of its jobs.

That a job has ended and that the next one has begun is one write and one read where the next one is
at hand: to wake the main process costs as much as most of what it does for a job.
"""

import os
import pickle
import struct
from collections.abc import Callable, Iterator
from typing import Any

from billiard.pool import READY
from celery.concurrency import asynpool

_HEAD = struct.Struct(">i")  # How long a message is, as billiard writes it.
READ_AT_ONCE = 65_536  # bytes: all that a pipe holds


class Replies:
    """A process's own end of the pipe, instead of billiard's queue.

    Args:
        queue: billiard's.
        goes_on: whether the process has its next job at hand, of which it will tell at once.
    """

    def __init__(self, queue: Any, goes_on: Callable[[], bool]) -> None:
        self._end: int = queue._writer.fileno()  # noqa: SLF001 - billiard's queue has no other way in
        self._goes_on = goes_on
        self._held = b""

    def put(self, message: tuple[int, tuple[Any, ...]]) -> None:
        """Tell the main process, now or along with what comes next."""
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._held += _HEAD.pack(len(body)) + body
        if message[0] != READY or not self._goes_on():
            self.flush()

    def flush(self) -> None:
        """Tell what has not been told."""
        left, self._held = memoryview(self._held), b""
        while left:
            left = left[os.write(self._end, left) :]


class ReplyHandler(asynpool.ResultHandler):
    """Celery's, which reads all that there is at a time, and not a message in two steps."""

    def _recv_message(
        self, add_reader: Callable[..., None], fd: int, callback: Callable[[Any], None]
    ) -> Iterator[None]:
        """Read whole messages; wait in between, resumed by the loop, if one is not whole yet."""
        read = b""
        waited = False
        while not (messages := _whole_messages(read)):
            try:
                more = os.read(fd, READ_AT_ONCE)
            except BlockingIOError:
                if not read:
                    return  # Else a worker that stops would wait for the rest of it.
                waited = True
                yield
                continue
            if not more:
                raise OSError("A message breaks off.") if read else EOFError
            read += more
        if waited:
            add_reader(fd, self.handle_event, fd)
        for message in messages:
            callback(pickle.loads(message))  # noqa: S301 - from our own process


def _whole_messages(read: bytes) -> list[bytes]:
    """Return the messages in what was read, none if the last one is not whole."""
    messages = []
    at = 0
    while at < len(read):
        begin = at + _HEAD.size
        if begin > len(read):
            return []
        (size,) = _HEAD.unpack_from(read, at)
        at = begin + size
        messages.append(read[begin:at])
    return messages if at == len(read) else []
