"""Failures that run again: all of a group, a message that nobody could use, each exactly once."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from ledger.action_record import Verb
from ledger.actions import MOST_NAMED, Asked
from ledger.dead_letters import DeadLetter
from ledger.errors import NoSuchFile, NoSuchJob, NotSettled, Unusable
from tasks import actions
from tasks.dead_letters import inputs_in
from tasks.queue import submit
from webapp.services import Services
from webapp.steering import run_again
from webapp.submission import UnknownKind, find, gather, inputs_of

FEW: Final = 20  # jobs that run again one by one, while somebody waits
PATIENCE: Final = 2.0  # seconds that it may take; a broker that is away makes each job slow
ALONE: Final = 10.0  # seconds for which nobody else begins the same


@dataclass(frozen=True, slots=True)
class Again:
    """How many jobs run again, how many can't, with the last reason, and whether more are left.

    Of many jobs it is an action, by its id, that makes them run again.
    """

    done: int
    refused: int = 0
    why: str = ""
    more: bool = False
    action: str | None = None


def retry_group(found: Services, group_id: str, by: str) -> Again:
    """Have the jobs of a group run again that nobody has retried, the oldest first.

    Whoever asks twice, or at the same moment as somebody else, gets no job twice.

    Raises:
        NoSuchFailure: nothing has failed so.
        LedgerUnavailable: some of them may run again; to ask again does only the rest.
    """
    ledger = found.ledger
    ledger.failures.get(group_id)
    # Its holder is this very request: who presses twice is somebody else, too.
    if not ledger.leases.take(f"retry {group_id}", str(uuid4()), ALONE):
        return Again(0, why="This was asked for a moment ago.")
    jobs = ledger.failed_jobs.not_retried(group_id, MOST_NAMED + 1)
    if len(jobs) > FEW:
        asked = Asked(Verb.RETRY, by, ids=jobs[:MOST_NAMED])
        action, _new = actions.begin(ledger, found.publisher, found.kinds, asked)
        return Again(len(asked.ids), more=len(jobs) > MOST_NAMED, action=action)
    return _one_by_one(found, group_id, jobs)


def _one_by_one(found: Services, group_id: str, jobs: Sequence[str]) -> Again:
    end, done, refused, why = time.monotonic() + PATIENCE, 0, 0, ""
    for job in jobs:
        if time.monotonic() > end:
            break
        try:
            run_again(found, job, f"failure {group_id}")
        except (NoSuchFile, NoSuchJob, NotSettled, UnknownKind) as error:
            refused, why = refused + 1, str(error)
        else:
            done += 1
    return Again(done, refused, why, more=len(jobs) > done + refused)


def requeue(found: Services, letter_id: str, by: str) -> str:
    """Have what a dead letter asks for run as a job, and return its id; the same for every asker.

    Raises:
        NoSuchLetter: it is not there.
        Unusable: it asks for nothing that can be run here.
        UnknownKind: likewise.
        WrongInputs: its inputs won't do.
        LedgerUnavailable: it is not known whether there is a job; ask again.
    """
    ledger = found.ledger
    letter = ledger.dead_letters.get(letter_id)
    if letter.requeued_as is not None:
        return letter.requeued_as
    job = _its_own_job(found, letter) or _new_job(found, letter, by)
    ledger.dead_letters.requeued(letter_id, job)
    return job


def _its_own_job(found: Services, letter: DeadLetter) -> str | None:
    """Return the job that the letter names if it is here by now: its row decides what follows."""
    if letter.job is None or not found.ledger.recovery.message_died(letter.job, ""):
        return None
    return letter.job


def _new_job(found: Services, letter: DeadLetter, by: str) -> str:
    kind = find(found.kinds, kind_of(letter) or "(no name)")
    values = inputs_in(letter.body)
    if values is None:
        raise Unusable("The message's body is not that of a task, so nobody knows its inputs.")
    owner = found.ledger.dead_letters.take(letter.id, by)
    inputs = inputs_of(kind, gather(found.ledger, kind, values, (), owner))
    accepted = submit(
        found.ledger,
        found.publisher,
        kind,
        inputs,
        owner=owner,
        idempotency_key=f"dead letter {letter.id}",
    )
    return accepted.job


def kind_of(letter: DeadLetter) -> str | None:
    """Return the name of the kind that a letter asks for, if it says one."""
    headers: Mapping[str, Any] = letter.headers
    task = headers.get("task")
    return task if isinstance(task, str) else None
