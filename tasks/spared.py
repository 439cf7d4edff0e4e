"""How a process says that its job has ended in time, and only the record of it is missing.

A time limit is for the kind's function. While the ledger is away the end of a job waits in its
process, which then must not be killed at the limit: what the job made would be lost with it.
"""

from contextlib import suppress
from pathlib import Path


class Ended:
    """A mark beside the job's scratch folder, by which the main process knows."""

    def __init__(self, scratch: Path, job: str) -> None:
        self._scratch = scratch
        self._job = job
        self._made = False

    @property
    def _mark(self) -> Path:
        return self._scratch / f"{self._job}.ended"

    def say(self) -> None:
        """Make the mark; it may be there already."""
        if self._made:
            return
        self._made = True
        # On a full disk there may be none; the job is then ended at its limit, and says so.
        with suppress(OSError):
            self._mark.parent.mkdir(parents=True, exist_ok=True)
            self._mark.touch()

    def forget(self) -> None:
        """Remove the mark, if it was made."""
        if self._made:
            with suppress(OSError):
                self._mark.unlink(missing_ok=True)

    def said(self) -> bool:
        """Return whether a process of this machine has made the mark."""
        return self._mark.exists()
