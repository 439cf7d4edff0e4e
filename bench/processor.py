"""How long processors work for a page, which other programs on the machine change least."""

import time
from collections.abc import Sequence
from pathlib import Path

from ledger import Ledger

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"


class Processor:
    """Reads the time that this process and the database's, where it has any here, were at work.

    Args:
        ledger: whose connections are open already.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._backends: Sequence[int] = ()
        if not ledger.database.url.startswith("sqlite"):
            with ledger.database.read() as connection:
                self._backends = connection.exec_driver_sql(BACKENDS).scalars().all()

    def worked(self) -> float:
        """Return how many milliseconds they have worked since they began."""
        files = [Path(f"/proc/{pid}/schedstat") for pid in self._backends]
        theirs = sum(int(file.read_text().split()[0]) for file in files if file.exists())
        return 1000 * time.process_time() + theirs / 1_000_000
