"""Filing: the clock makes cards of jobs a moment after they came or settled, for lists to find."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from ledger import Ledger
from tasks.kind import Kind

FOR: Final = 0.15  # seconds that one tick spends on what is behind
MANY: Final = 100  # jobs that settle between two ticks
OPEN_WAIT: Final = 5.0  # seconds between two looks at open jobs while too many settle
LOOK_AGAIN: Final = 60.0  # seconds between two looks at all open jobs


class Filing:
    """Files what is unfiled, a little in each tick.

    Args:
        ledger: the clock's own.
        kinds: by name; of any other the inputs are not searched, for they may hold secrets.
        clock: tells seconds that only grow.
    """

    def __init__(
        self,
        ledger: Ledger,
        kinds: Mapping[str, Kind],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._kinds = kinds
        self._clock = clock
        self._seen = ""
        self._look_again_at = self._open_at = 0.0

    def do(self) -> None:
        """File jobs that have settled, and then, if there is time, those that are open.

        Where many settle, most of the open ones soon will, and then their cards are made but once.

        Raises:
            LedgerUnavailable: they are filed the next time.
        """
        until = self._clock() + FOR
        cards, filed = self._ledger.cards, 0
        while some := cards.file_settled(self._words, cards.at_once):
            filed += some
            if some < cards.at_once or self._clock() > until:
                break
        if filed < MANY:
            self._open_at = 0.0
        if self._clock() >= self._open_at:
            self._file_open()

    def _file_open(self) -> None:
        now = self._clock()
        self._open_at = now + OPEN_WAIT
        if now >= self._look_again_at:
            # A machine whose clock is behind makes ids that are older than those seen already.
            self._seen, self._look_again_at = "", now + LOOK_AGAIN
        cards = self._ledger.cards
        while newest := cards.file_open(self._words, cards.at_once, self._seen):
            self._seen = newest
            if self._clock() > now + FOR:
                break

    def _words(self, name: str, inputs: Mapping[str, Any]) -> str:
        kind = self._kinds.get(name)
        return f"{kind.title} {kind.summary(inputs)}" if kind else ""
