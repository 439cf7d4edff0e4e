"""Sees what a kind's function says and raises, where the ledger keeps but the last of it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from ledger.record import Progress
from tasks.context import current


class Witness:
    """One run's: the error it raised, every step it told, and the last state it kept."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.progress: list[Progress] = []
        self.checkpoint: Callable[[], Any] = lambda: None

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, watched."""

        @wraps(function)
        def watched(**inputs: Any) -> Any:
            self._attend()
            try:
                return function(**inputs)
            except BaseException as error:
                self.error = error
                raise

        return watched

    def _attend(self) -> None:
        running = current()
        assert running is not None
        self.checkpoint = lambda: running.checkpoint.state
        move = running.move

        def seen(to: Progress) -> None:
            self.progress.append(to)
            move(to)

        running.move = seen  # type: ignore[method-assign]  # each step passes here
