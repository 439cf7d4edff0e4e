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
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        """Take over the signals, but for a SIGHUP that `nohup` wants ignored."""
        for signum in self._SIGNALS:
            if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:
                self._before[signum] = signal.signal(signum, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        for signum, handler in self._before.items():
            signal.signal(signum, handler)  # type: ignore[arg-type]  # It came from there.

    def begin_end(self) -> None:
        """Treat the next signal as the second: the end has begun without one."""
        self.count = max(self.count, 1)

    def _note(self, _signum: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1:
            raise KeyboardInterrupt
