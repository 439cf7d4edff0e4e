"""A bell between processes: one that has written to SQLite rings, and one that waits looks."""

import os
import select
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path


class Bell:
    """Wakes whoever waits to write to SQLite, which tells nobody when its writer is done.

    It is a hint and no lock: a ring may be missed, or come for nothing. SQLite decides who writes.

    Args:
        path: of the FIFO that it is. Where there can't be one, a wait is as long as it may be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._opened = False

    def ring(self) -> None:
        """Wake all who wait now, or else the next one who comes."""
        fifo = self._fifo()
        if fifo is not None:
            with suppress(ValueError):  # Somebody closed it meanwhile.
                fifo.write(b"\0")  # Where it is full it has rung often enough.

    def wait(self, seconds: float) -> None:
        """Return at the next ring, and after so many seconds at the latest."""
        fifo = self._fifo()
        if fifo is None:
            time.sleep(seconds)
            return
        with suppress(ValueError):
            rings = select.poll()
            rings.register(fifo, select.POLLIN)
            if rings.poll(1000 * seconds):
                fifo.read(65536)  # All of them, so that a later wait is for a later ring.

    def close(self) -> None:
        """Let go of it until it is used again."""
        fifo, self._file, self._opened = self._file, None, False
        if fifo is not None:
            fifo.close()

    def _fifo(self) -> FileIO | None:
        if not self._opened:
            self._opened = True
            with suppress(OSError):
                with suppress(FileExistsError):
                    os.mkfifo(self._path)
                self._file = FileIO(self._path, "r+", opener=_open)
        return self._file


def _open(path: str, flags: int) -> int:
    # It is open for both ways, so nobody waits until there is somebody at the other end.
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
