"""Actions on many jobs, carried out a step at a time: by the clock, a request or a terminal."""

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger import Ledger
from ledger.action_record import Candidate, Outcome, Verdict
from ledger.actions import Asked
from ledger.outbox import Unsent
from tasks.alike import fingerprint
from tasks.kind import Kind
from tasks.publisher import Publisher
from tasks.queue import send

logger = logging.getLogger(__name__)

AT_ONCE: Final = 50  # jobs; an action on more of them is left to the clock
PATIENCE: Final = 2.0  # seconds for which a request carries out a small action
AT_A_TIME: Final = 10  # actions that the clock looks at


@dataclass(frozen=True, slots=True)
class Judge:
    """Says whether a job can run again: its kind must be here, and the files that it was given."""

    kinds: Mapping[str, Kind]

    def __call__(self, candidate: Candidate) -> Verdict:
        """Return why it can't, or what the job that is made of it needs."""
        kind = self.kinds.get(candidate.kind)
        if kind is None:
            return Verdict(Outcome.NO_KIND)
        if set(_files_in(candidate.inputs)) - candidate.uploads:
            return Verdict(Outcome.NO_FILES)
        return Verdict(fingerprint=fingerprint(kind, candidate.inputs, candidate.owner))


def _files_in(inputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of the uploads that a job's stored inputs name."""
    for value in inputs.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping) and one.keys() >= {"id", "name", "size", "sha256"}:
                yield str(one["id"])


def begin(
    ledger: Ledger, publisher: Publisher, kinds: Mapping[str, Kind], asked: Asked
) -> tuple[str, bool]:
    """Record an action and return its id, and whether it is new.

    One on few jobs is done when this returns.

    What is left of it goes on by itself, whatever becomes of this process.

    Raises:
        LedgerUnavailable: it is not known whether it was recorded; ask again with the same key.
    """
    action_id, new = ledger.actions.ask(asked)
    if new:
        _begun(ledger, publisher, kinds, action_id)
    return action_id, new


def undo(ledger: Ledger, publisher: Publisher, kinds: Mapping[str, Kind], action_id: str) -> None:
    """Turn an action back, as `begin` begins it.

    Raises:
        NoSuchAction: nobody has asked for it.
        NotUndoable: it is too late, or it is being undone already.
        LedgerUnavailable: it is not known whether it is turned back.
    """
    ledger.actions.undo(action_id)
    _begun(ledger, publisher, kinds, action_id)


def _begun(ledger: Ledger, publisher: Publisher, kinds: Mapping[str, Kind], action_id: str) -> None:
    action = ledger.actions.get(action_id)
    logger.info("Action %s: %s %s %d jobs.", action_id, action.owner, action.verb, action.expected)
    if action.expected > AT_ONCE:
        return
    carry_on(ledger, kinds, action_id, PATIENCE)
    for one in ledger.actions.jobs_of(action_id, AT_ONCE):
        # The clock sends what is not sent here.
        if one.made is not None and not _sent(ledger, publisher, kinds, one.made):
            return


def _sent(ledger: Ledger, publisher: Publisher, kinds: Mapping[str, Kind], job_id: str) -> bool:
    """Send a message for a job, if it needs one; return whether RabbitMQ answers."""
    job = ledger.jobs.get(job_id)
    if not job.waiting or job.held or job.sent_at is not None:
        return True
    unsent = Unsent(job.id, job.kind, job.queue, job.priority, job.attempt, job.inputs)
    return send(ledger, publisher, kinds[job.kind], unsent)


def carry_on(ledger: Ledger, kinds: Mapping[str, Kind], action_id: str, seconds: float) -> bool:
    """Go on with an action for so long; return whether there may be something left to do now.

    Raises:
        NoSuchAction: nobody has asked for it.
        StorageError: files of a deleted job can't be removed.
        LedgerUnavailable: the next step goes on where this one stood.
    """
    judge = Judge(kinds)
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        if not ledger.action_steps.step(action_id, judge):
            return False
        # As long a pause as the step took: who else writes comes first.
        time.sleep(min(time.monotonic() - began, max(0.0, end - time.monotonic())))
    return True


def carry_on_all(ledger: Ledger, kinds: Mapping[str, Kind], seconds: float) -> None:
    """Go on with whatever action has something left to do, for so long in all.

    Raises:
        StorageError: files of a deleted job can't be removed; other actions go on before it.
        LedgerUnavailable: it is gone on with the next time.
    """
    end = time.monotonic() + seconds
    for action_id in ledger.actions.due(AT_A_TIME):
        carry_on(ledger, kinds, action_id, end - time.monotonic())
