"""How an attempt ended, and the columns that say so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.record import JSON, Cause, Ending, Error, State, StoredFile


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, and what that makes of its job.

    `retry_in` is in seconds and goes with State.RETRY alone.
    """

    state: State
    ending: Ending
    cause: Cause | None = None
    result: JSON = None
    error: Error | None = None
    note: str = ""
    retry_in: float | None = None
    outputs: Sequence[StoredFile] = field(default=())

    @property
    def end_columns(self) -> dict[str, Any]:
        """What a job's row says of its end."""
        end = {"state": self.state, "cause": self.cause, "result": self.result}
        return end | error_columns(self.error)

    @property
    def ending_columns(self) -> dict[str, Any]:
        """What the attempt's row says of it."""
        return {"ending": self.ending, "note": self.note[:1000]}


def error_columns(error: Error | None) -> dict[str, Any]:
    """Return what a job's row says of an error, or that there is none."""
    return {
        "error_type": error and error.type[:200],
        "error_message": error and error.message,
        "error_traceback": error and error.traceback,
    }
