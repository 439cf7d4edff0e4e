"""What the API says of batches."""

from datetime import datetime
from typing import Self

from flask import url_for

from ledger import batches
from ledger.record import State
from webapp.shapes import Shape


class Batch(Shape):
    """A batch as it stands; `states` says how many of its jobs are in which state.

    `unsent` are those that RabbitMQ has not confirmed yet; they wait for it, and will run. `held`
    are sent when their owner's limit lets them go. `page` is for people.
    """

    id: str
    owner: str
    submitted_at: datetime
    number: int
    states: dict[State, int]
    unsent: int
    held: int
    settled: bool
    jobs: str
    page: str

    @classmethod
    def of(cls, batch: batches.Batch) -> Self:
        """Return a batch of the ledger."""
        return cls(
            id=batch.id,
            owner=batch.owner,
            submitted_at=batch.submitted_at,
            number=batch.jobs,
            states=dict(batch.states),
            unsent=batch.unsent,
            held=batch.held,
            settled=batch.settled,
            jobs=url_for("api.index", q=f"batch:{batch.id}"),
            page=url_for("jobs.index", q=f"batch:{batch.id}"),
        )
