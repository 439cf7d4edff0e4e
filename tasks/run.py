"""A delivery arrives: claim, run, settle; what Celery does afterwards can lose nothing."""

import logging
import os
import shutil
import time
from collections.abc import Callable, Collection
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from billiard.common import terminate_handler_fired
from celery.exceptions import Ignore, Reject

from ledger import Ledger
from ledger.claims import Refused
from ledger.errors import ClaimLost, LedgerUnavailable, StorageError
from ledger.outcome import Outcome
from ledger.record import JSON, Claim, Delivery, Ending, State, StoredFile
from tasks import context, outcomes, programs, spared
from tasks.context import Printed, Running
from tasks.deaths import tell
from tasks.guard import look
from tasks.inputs import arguments_of
from tasks.interrupt import Interrupts
from tasks.kind import KILL_GRACE, Kind
from tasks.outcomes import BadResult
from tasks.upcoming import Upcoming

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between tries to reach the ledger
LONGEST_ANSWER = 60.0  # seconds that one try may take; PostgreSQL is given 30 for a statement


@dataclass(frozen=True, slots=True)
class Runner:
    """What a process needs to run deliveries: the ledger, whose it is, what it is given next."""

    ledger: Ledger
    worker: str
    interrupts: Interrupts
    upcoming: Upcoming = field(default_factory=Upcoming)

    def execute(self, kind: Kind, delivery: Delivery) -> JSON:
        """Run the job that a delivery names, and return its result once that is recorded.

        Raises:
            JobFailed: the job ended otherwise; that is recorded too.
            celery.exceptions.Ignore: the delivery is a duplicate, or its attempt was fenced off.
            celery.exceptions.Reject: no such job exists; the message goes to the dead letters.
            SystemExit: the worker is told to stop; the message must go back.
        """
        self.interrupts.hold()
        claim = self.upcoming.take(delivery) or self._claim(delivery)
        if isinstance(claim, Refused):
            raise _refusal(claim, delivery)
        if claim.attempt > 1:
            self._sweep_up(claim)
        running = Running(
            self.ledger,
            claim,
            self.ledger.settings.scratch,
            self.ledger.settings.max_log_lines,
            self.ledger.settings.max_log_size,
        )
        began = time.monotonic()
        try:
            outcome = self._outcome(kind, running)
            left = kind.time_limit + KILL_GRACE - (time.monotonic() - began)
            self._settle(running, outcome, ends_soon=left < LONGEST_ANSWER)
        finally:
            running.clean()
        if outcome.state is State.SUCCESS:
            return outcome.result
        raise outcomes.told_to_celery(outcome)

    def _claim(self, delivery: Delivery) -> Claim | Refused:
        def claim() -> Claim | Refused:
            claimed = self.ledger.claims.claim(delivery, self.worker, os.getpid())
            if isinstance(claimed, Refused) and claimed.process and _is_gone(claimed.process):
                # It claimed this job along with the end of another, and never came to begin it.
                note = "Its process died before it began the job."
                tell(self.ledger.recovery.report_death(delivery, Ending.LOST, note))
                claimed = self.ledger.claims.claim(delivery, self.worker, os.getpid())
            return claimed

        return _until_answered(claim, delivery.job)

    def _sweep_up(self, claim: Claim) -> None:
        """Delete what earlier attempts left; one that still writes is fenced off, and cleans up."""
        for number in range(1, claim.attempt):
            left = self.ledger.settings.scratch / f"{claim.job}-{number}"
            shutil.rmtree(left, ignore_errors=True)
        try:
            self.ledger.files.discard_earlier(claim)
        except StorageError as error:
            logger.warning("Job %s: files of its dead attempts are left: %s", claim.job, error)

    def _outcome(self, kind: Kind, running: Running) -> Outcome:
        """Run the kind's function and turn whatever it does into an outcome."""
        began = time.monotonic()
        try:
            result = self._body(kind, running)
        except BaseException as error:
            ran = time.monotonic() - began
            if isinstance(error, SystemExit) and terminate_handler_fired():
                if ran < kind.time_limit:
                    self._interrupted(running)
                # Else this is the hard limit's first signal, and the main process reports it.
                raise
            return outcomes.of_exception(error, kind, running, ran)
        return self._succeeded(kind, running, result)

    def _body(self, kind: Kind, running: Running) -> object:
        out, err = Printed("INFO"), Printed("ERROR")
        context.begin(running)
        try:
            with self.interrupts.armed(running), redirect_stdout(out), redirect_stderr(err):
                inputs = kind.parse(running.claim.inputs, self._locate(running))
                return kind.function(**arguments_of(inputs))
        finally:
            programs.end_all()
            out.flush()
            err.flush()
            context.begin(None)

    def _locate(self, running: Running) -> Callable[[str], Path]:
        return lambda upload: self.ledger.files.local_upload(upload, running.folder())

    def _succeeded(self, kind: Kind, running: Running, result: object) -> Outcome:
        try:
            value = outcomes.as_json(result, self.ledger.settings.max_result)
            outputs = self._keep_outputs(running)
        except BadResult as error:
            return outcomes.failed(error, str(error), with_traceback=False)
        except StorageError as error:
            return outcomes.of_storage(error, kind, running)
        return Outcome(State.SUCCESS, Ending.SUCCEEDED, result=value, outputs=outputs)

    def _keep_outputs(self, running: Running) -> list[StoredFile]:
        made = [path for path in running.outputs.values() if path.is_file()]
        now = datetime.now(UTC)
        kept: list[StoredFile] = []
        try:
            # When one of them fails, `kept` holds those before it.
            kept.extend(self.ledger.files.keep_output(running.claim, path, now) for path in made)
        except StorageError:
            self._discard(kept)
            raise
        return kept

    def _discard(self, outputs: Collection[StoredFile]) -> None:
        try:
            self.ledger.files.discard(outputs)
        except StorageError as error:
            logger.warning("Files that no job owns are left in the storage: %s", error)

    def _settle(self, running: Running, outcome: Outcome, *, ends_soon: bool) -> None:
        """Record the outcome, however long the ledger is away; the message stays ours meanwhile.

        Along with it the job is claimed that this process has been given next, if there is one.

        `ends_soon` tells that the limit may come before the ledger's first answer.
        """
        claim = running.claim
        progress, lines = running.rest()
        next_job = self.upcoming.next_job(self.worker) if outcome.state.settled else None
        waiting = spared.Ended(self.ledger.settings.scratch, claim.job)
        if ends_soon:
            waiting.say()
        try:
            granted = _until_answered(
                lambda: self.ledger.attempts.settle(claim, outcome, progress, lines, next_job),
                claim.job,
                waiting.say,
            )
        except ClaimLost as lost:
            logger.warning("%s Its work is dropped; another attempt has the job.", lost)
            self._discard(outcome.outputs)
            raise Ignore(str(lost)) from lost
        finally:
            waiting.forget()
        if next_job is not None:
            self.upcoming.keep(next_job, granted)
        if outcome.error is not None:
            # The exception's class alone: its words are the job's, and may hold what it was given.
            end = "is tried again" if outcome.state is State.RETRY else "failed"
            logger.warning("Job %s (%s) %s: %s.", claim.job, claim.kind, end, outcome.error.type)

    def _interrupted(self, running: Running) -> None:
        """Hand the job back, if the ledger answers at once; a takeover does it otherwise."""
        outcome = Outcome(
            State.PENDING, Ending.INTERRUPTED, note="Its worker was told to stop, or cut off."
        )
        job = running.claim.job
        try:
            self.ledger.attempts.settle(running.claim, outcome, *running.rest())
        except (ClaimLost, LedgerUnavailable) as error:
            logger.warning("Job %s is interrupted, its takeover will record it: %s", job, error)
        else:
            logger.warning("Job %s is interrupted; it runs again on another process.", job)


def _until_answered(
    ask: Callable[[], Answer], job: str, waits: Callable[[], None] = lambda: None
) -> Answer:
    pause = FIRST_PAUSE
    while True:
        try:
            return ask()
        except LedgerUnavailable as error:
            logger.warning("Job %s waits for the ledger, nothing is lost: %s", job, error)
        waits()
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _is_gone(pid: int) -> bool:
    seen = look(pid)
    return seen is None or seen.dead


def _refusal(refused: Refused, delivery: Delivery) -> Exception:
    if refused.known:
        logger.info("A delivery of job %s is dropped: %s.", delivery.job, refused.why)
        answer: Exception = outcomes.ignored(refused.end, refused.why)
    else:
        logger.error("A message names job %s, which does not exist; it is kept.", delivery.job)
        answer = Reject(refused.why, requeue=False)
    return answer
