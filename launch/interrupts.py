"""Ctrl-C and its relatives: the first one begins the end, the others are counted."""

import signal
from types import FrameType
from typing import Self


class Interrupts:
    """While entered, the first SIGINT, SIGTERM or SIGHUP raises KeyboardInterrupt, once.

    Later ones must not tear the orderly end apart; they only raise `count`.
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        """Take over the signals."""
        for signum in self._SIGNALS:
            signal.signal(signum, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back to Python's defaults."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    def begin_end(self) -> None:
        """Treat the next signal as the second: the end has begun without one."""
        self.count = max(self.count, 1)

    def _note(self, _signum: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1:
            raise KeyboardInterrupt
