"""How much memory pictures take at a time, whichever threads they are worked on in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Deserted(Exception):
    """Nobody waits for this picture any more."""


class Room:
    """So many bytes for pixels. What needs more than there are has them all, and alone."""

    def __init__(self, size: int) -> None:
        self._size = self._free = size
        self._changed = threading.Condition()
        self.open = True

    def close(self) -> None:
        """Let nobody in any more."""
        with self._changed:
            self.open = False
            self._changed.notify_all()

    @contextmanager
    def __call__(self, wanted: int) -> Iterator[None]:
        """Wait until so many bytes are free, and take them for the block.

        Raises:
            Deserted: the room is closed.
        """
        wanted = min(wanted, self._size)
        with self._changed:
            self._changed.wait_for(lambda: not self.open or self._free >= wanted)
            if not self.open:
                raise Deserted
            self._free -= wanted
        try:
            yield
        finally:
            with self._changed:
                self._free += wanted
                self._changed.notify_all()
