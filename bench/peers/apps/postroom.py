"""Postroom itself: its own app and worker, and the two jobs as kinds."""

from collections.abc import Iterable

from bench.peers import marks
from tasks import app
from tasks.kind import kind, kinds, minutes

__all__ = ["app"]


@kind(title="Do nothing", time_limit=minutes(20))
def noop(number: int) -> None:
    """Marks that it ran."""
    marks.noop(number)


@kind(title="Be held", time_limit=minutes(20))
def hold(number: int) -> None:
    """Keeps its process busy until it is let go."""
    marks.hold(number)


def prepare() -> None:
    """Make the ledger's tables."""
    app.ledger.upgrade()
    kinds()


def submit(name: str, number: int) -> None:
    """Commit a row, then publish and wait for the confirm."""
    {"noop": noop, "hold": hold}[name].delay(number=number)


def submit_many(numbers: Iterable[int]) -> None:
    """Commit all rows in one transaction, then publish and wait for all confirms."""
    noop.delay_many({"number": number} for number in numbers)
