"""Submit is a row, then a message; the web, the clock and the command line all do it here."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Final

from pydantic import BaseModel

from ledger import Ledger
from ledger.arrivals import job_of
from ledger.batches import LARGEST
from ledger.errors import LedgerUnavailable
from ledger.jobs import Submission
from ledger.outbox import Unsent
from ledger.record import Job
from tasks.alike import fingerprint, signature_of
from tasks.inputs import to_row, uploads_in
from tasks.kind import Kind
from tasks.line import NotSent
from tasks.publisher import PIECE, Message, Publisher

# From the beginning, in times of the settings' `send_grace`: less than the two for which the clock
# leaves a new batch alone, or both would send it where the rows took long.
SEND_FOR: Final = 4 / 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What submitting brought: the job's id, whether it is new, and whether RabbitMQ has it.

    One that is not there is the clock's to send, at once or when its owner's limit lets it go.
    `row` is the job as it stood then, where it is known without a look at the ledger.
    """

    job: str
    new: bool
    sent: bool
    row: Job | None = None


def submit(  # noqa: PLR0913 - each is a part of one acceptance
    ledger: Ledger,
    publisher: Publisher,
    kind: Kind,
    inputs: BaseModel,
    *,
    owner: str,
    idempotency_key: str | None = None,
    priority: int = 0,
) -> Accepted:
    """Accept a job: when this returns it is in the ledger, and will be run.

    It takes less than 3 seconds in any weather; a broker that is away only makes the job wait.

    Raises:
        LedgerUnavailable: it is not known whether the job was accepted; ask again with the same
            idempotency key.
    """
    wanted = submission(ledger, kind, inputs, owner, idempotency_key, priority)
    arrived = ledger.jobs.accept(wanted)
    if isinstance(arrived, str):
        return Accepted(arrived, new=False, sent=True)
    if arrived.held:
        return Accepted(arrived.id, new=True, sent=False, row=job_of(wanted, arrived, None))
    unsent = Unsent(arrived.id, kind.name, kind.queue, priority, 0, wanted.inputs)
    sent, sent_at = _send(ledger, publisher, kind, unsent)
    # Sent and not marked, it runs already, or nobody knows.
    row = None if sent and sent_at is None else job_of(wanted, arrived, sent_at)
    return Accepted(arrived.id, new=True, sent=sent, row=row)


@dataclass(frozen=True, slots=True)
class AcceptedBatch:
    """What submitting many brought: the batch's id, its jobs' if it is new, and how many are sent.

    Those that are not are sent by the clock, those that a limit holds back as it lets them go.
    """

    batch: str
    jobs: Sequence[str]
    new: bool
    sent: int


def submit_many(
    ledger: Ledger,
    publisher: Publisher,
    wanted: Sequence[tuple[Kind, BaseModel]],
    *,
    owner: str,
    idempotency_key: str | None = None,
) -> AcceptedBatch:
    """Accept jobs, each a kind with its inputs: all or none of them.

    When this returns they are in the ledger, and will be run. Their messages go out in their order;
    after SEND_FOR times the settings' `send_grace` what is left of them is the clock's to send.

    Raises:
        LedgerUnavailable: it is not known whether they were accepted; ask again with the same
            idempotency key.
        ValueError: there are none, or too many.
    """
    if not 0 < len(wanted) <= LARGEST:
        raise ValueError(f"A batch has 1 to {LARGEST} jobs, and not {len(wanted)}")
    deadline = time.monotonic() + SEND_FOR * ledger.settings.send_grace
    several = [submission(ledger, kind, inputs, owner) for kind, inputs in wanted]
    batch, ids, held = ledger.batches.submit(several, idempotency_key)
    unsent = [
        Unsent(job_id, one.kind, one.queue, one.priority, 0, one.inputs)
        for job_id, one in zip(ids[: len(ids) - held], several, strict=False)
    ]
    kinds = {kind.name: kind for kind, _ in wanted}
    sent = send_all(ledger, publisher, kinds, unsent, deadline)
    return AcceptedBatch(batch, ids, new=bool(ids), sent=sent)


def submission(  # noqa: PLR0913, PLR0917 - as above
    ledger: Ledger,
    kind: Kind,
    inputs: BaseModel,
    owner: str,
    idempotency_key: str | None = None,
    priority: int = 0,
) -> Submission:
    """Return what the ledger is told of a job before it has a row.

    Raises:
        LedgerUnavailable: what its kind asks for can't be written down.
    """
    row, signature = to_row(inputs), signature_of(kind)
    ledger.signatures.remember(signature.digest, signature.asked)
    return Submission(
        kind=kind.name,
        queue=kind.queue,
        inputs=row,
        owner=owner,
        uploads=tuple(dict.fromkeys(upload.id for upload in uploads_in(inputs))),
        priority=priority,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint(kind, row, owner),
        signature=signature.digest,
    )


def retry(
    ledger: Ledger,
    publisher: Publisher,
    kind: Kind,
    job_id: str,
    idempotency_key: str | None = None,
) -> Accepted:
    """Have a job of that kind run again now; `new` says that it is another, for the old has ended.

    The same key leads to the same other job.

    Raises:
        NoSuchJob: nobody has submitted it.
        NotSettled: it runs, or waits for a worker.
        LedgerUnavailable: it is not known whether it will run again.
    """
    old = ledger.jobs.get(job_id)
    same = fingerprint(kind, old.inputs, old.owner)
    job = ledger.jobs.get(ledger.jobs.retry(job_id, idempotency_key, same))
    if job.sent_at is not None or not job.waiting:
        return Accepted(job.id, new=job.id != job_id, sent=True)  # The key was used before.
    if job.held:
        return Accepted(job.id, new=job.id != job_id, sent=False)
    unsent = Unsent(job.id, job.kind, job.queue, job.priority, job.attempt, job.inputs)
    return Accepted(job.id, new=job.id != job_id, sent=send(ledger, publisher, kind, unsent))


def send(ledger: Ledger, publisher: Publisher, kind: Kind, job: Unsent) -> bool:
    """Send a message for a job and record it; return whether RabbitMQ has confirmed.

    Where it has not, the row stays unsent and the clock sends again.
    """
    return _send(ledger, publisher, kind, job)[0]


def _send(
    ledger: Ledger, publisher: Publisher, kind: Kind, job: Unsent
) -> tuple[bool, datetime | None]:
    """As `send`, and return when it was marked as sent, unless the job had moved on by then."""
    try:
        publisher.send(job, kind.summary(job.inputs))
    except NotSent as error:
        logger.warning("Job %s waits for the broker, the clock will send it: %s", job.id, error)
        return False, None
    try:
        return True, ledger.outbox.mark_sent(job.id, job.attempt)
    except LedgerUnavailable as error:
        logger.warning("Job %s is sent, but will be sent again: %s", job.id, error)
        return True, None


def send_all(
    ledger: Ledger,
    publisher: Publisher,
    kinds: Mapping[str, Kind],
    jobs: Sequence[Unsent],
    deadline: float = inf,
) -> int:
    """Send messages for jobs in their order, a piece at a time; return how many are confirmed.

    It ends with the first piece of which one is not, or at the deadline. What has not been
    confirmed stays unsent, and the clock sends it again.

    Args:
        ledger: where it is recorded.
        publisher: sends.
        kinds: by name; a job of any other kind is left for a worker that knows it.
        jobs: as they stand in the ledger.
        deadline: a moment of `time.monotonic`, after which no piece is begun.
    """
    known = [Message(job, kinds[job.kind].summary(job.inputs)) for job in jobs if job.kind in kinds]
    confirmed = 0
    for begin in range(0, len(known), PIECE):
        if time.monotonic() > deadline:
            break
        sent = publisher.send_all(known[begin : begin + PIECE])
        confirmed += len(sent.jobs)
        try:
            ledger.outbox.mark_all_sent((job.id, job.attempt) for job in sent.jobs)
        except LedgerUnavailable as error:
            logger.warning("%d jobs are sent, but will be sent again: %s", len(sent.jobs), error)
            break
        if sent.error is not None:
            waiting = len(known) - confirmed
            logger.warning(
                "%d jobs wait for the broker, the clock will send them: %s", waiting, sent.error
            )
            break
    return confirmed
