"""What one clock counts for the charts: the past hours by kind, and each queue by the minute."""

import logging
import time
from collections.abc import Collection
from typing import Final

from ledger import Ledger

logger = logging.getLogger(__name__)

EVERY: Final = 60.0  # seconds
SHARE: Final = 60  # At most this part of its time does a clock count.
HOURS: Final = 24  # counted at a time at the most, of a past that nobody has counted


class Counting:
    """Counts once a minute; where that takes seconds, less often.

    Args:
        ledger: the main process's own.
        queues: those whose depth is kept also while they are empty.
    """

    def __init__(self, ledger: Ledger, queues: Collection[str]) -> None:
        self._ledger = ledger
        self._queues = queues
        self._due_at = 0.0

    def do(self) -> None:
        """Count, if it is time.

        Raises:
            LedgerUnavailable: it is tried again at once.
        """
        began = time.monotonic()
        if began < self._due_at:
            return
        self._ledger.depths.sample(self._queues)
        self._ledger.history.count(HOURS)
        took = time.monotonic() - began
        if took > 1:
            logger.info("Counting the past took %.1f s; next time in %.0f s.", took, took * SHARE)
        self._due_at = began + max(EVERY, took * SHARE)
