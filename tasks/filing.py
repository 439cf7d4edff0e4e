"""Filing: the clock makes cards of jobs a moment after they came or settled, for lists to find."""

import time
from collections.abc import Mapping
from typing import Any, Final

from ledger import Ledger
from tasks.kind import Kind

BATCH: Final = 100  # jobs in one transaction; on SQLite others wait for it, some milliseconds
FOR: Final = 0.15  # seconds that one tick spends on what is behind
LOOK_AGAIN: Final = 60.0  # seconds between two looks at all open jobs


class Filing:
    """Files what is unfiled, a little in each tick.

    Args:
        ledger: the clock's own.
        kinds: by name; of any other the inputs are not searched, for they may hold secrets.
    """

    def __init__(self, ledger: Ledger, kinds: Mapping[str, Kind]) -> None:
        self._ledger = ledger
        self._kinds = kinds
        self._seen = ""
        self._look_again_at = 0.0

    def do(self) -> None:
        """File open jobs that came since the last tick, and those that have settled.

        Raises:
            LedgerUnavailable: they are filed the next time.
        """
        now = time.monotonic()
        if now >= self._look_again_at:
            # A machine whose clock is behind makes ids that are older than those seen already.
            self._seen, self._look_again_at = "", now + LOOK_AGAIN
        until = now + FOR
        while newest := self._ledger.cards.file_open(self._words, BATCH, self._seen):
            self._seen = newest
            if time.monotonic() > until:
                break
        while self._ledger.cards.file_settled(self._words, BATCH) == BATCH:
            if time.monotonic() > until:
                break

    def _words(self, name: str, inputs: Mapping[str, Any]) -> str:
        kind = self._kinds.get(name)
        return f"{kind.title} {kind.summary(inputs)}" if kind else ""
