"""What a kind did, put into words: each way it can end becomes one outcome."""

import random
import traceback
from dataclasses import replace

from celery.exceptions import Ignore, SoftTimeLimitExceeded
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from ledger.errors import StorageError
from ledger.outcome import Outcome
from ledger.record import JSON, Cause, Ending, Error, State, stopped_in_words
from tasks.context import Cancelled, Running
from tasks.kind import BadInput, Kind, ProgramFailed

JITTER = (0.8, 1.2)  # times the pause before a retry


class JobFailed(Exception):
    """What Celery and Flower hear of a failure that the ledger has recorded."""


class Stopped(Ignore):
    """The job was cancelled. Celery does no more for it; its listeners hear of it from us."""


class TriedAgain(Ignore):
    """The job waits in the ledger to be tried again; as above."""


class Quarantined(Ignore):
    """The job's attempts died too often; as above."""


class BadResult(Exception):
    """A kind returned what can't be kept."""


def as_json(result: object, limit: int) -> JSON:
    """Return a kind's result as the ledger keeps it.

    Args:
        result: anything that pydantic can turn into JSON.
        limit: bytes of JSON.

    Raises:
        BadResult: it can't be turned into JSON, or is longer than the limit.
    """
    try:
        value: JSON = to_jsonable_python(result, inf_nan_mode="null")
        size = len(to_json(value))
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise BadResult(f"The kind returned what JSON has no word for: {error}") from error
    if size > limit:
        raise BadResult(
            f"The kind returned {size:,} bytes of JSON, and the limit is {limit:,}."
            " Write large results to an output file."
        )
    return value


def of_exception(error: BaseException, kind: Kind, running: Running, ran: float) -> Outcome:
    """Return what an exception of a kind's function makes of its job.

    Args:
        error: what it raised.
        kind: for its limits and retries.
        running: the attempt.
        ran: seconds since it began.
    """
    match error:
        case SoftTimeLimitExceeded():
            return _timed_out(kind.time_limit)
        case Cancelled():
            return _stopped(running, ran)
        case BadInput():
            return failed(error, str(error), with_traceback=False)
        case MemoryError():
            # Never to leave this process: a MemoryError ends the worker's main one.
            return failed(error, "The job asked for more memory than there is.")
        case SystemExit():
            return failed(error, f"The kind called sys.exit({error.code!r}).")
        case _:
            return _failed_or_retried(error, kind, running.claim.retries)


def of_storage(error: StorageError, kind: Kind, running: Running) -> Outcome:
    """Return what a storage that does not take an attempt's files makes of its job.

    It is tried again where the kind asks that for the error behind it, an OSError as a rule.
    """
    outcome = failed(error, str(error), with_traceback=False)
    if isinstance(error.__cause__, kind.retry_for):
        return _retried(outcome, kind, running.claim.retries)
    return outcome


def failed(error: BaseException, words: str, *, with_traceback: bool = True) -> Outcome:
    """Return the outcome of an attempt that went wrong, in these words."""
    name = type(error).__name__
    return Outcome(
        State.FAILURE,
        Ending.FAILED,
        cause=Cause.ERROR,
        error=Error(name, words, _traceback(error) if with_traceback else None),
        note=f"{name}: {words}"[:300],
    )


def _failed_or_retried(error: BaseException, kind: Kind, retries: int) -> Outcome:
    told = isinstance(error, ProgramFailed)
    outcome = failed(error, _words(error), with_traceback=not told)
    return _retried(outcome, kind, retries) if isinstance(error, kind.retry_for) else outcome


def _retried(outcome: Outcome, kind: Kind, retries: int) -> Outcome:
    """Return the outcome as a retry, if the kind has one left."""
    if retries >= kind.retries:
        return outcome
    # Jobs that failed together shall not all come back in the same moment.
    pause = kind.retry_delay * 2**retries * random.uniform(*JITTER)  # noqa: S311 - no secret
    return replace(
        outcome,
        state=State.RETRY,
        ending=Ending.RETRIED,
        cause=None,
        retry_in=pause,
        note=f"{outcome.note} It is tried again in {pause:.0f} s.",
    )


def _timed_out(limit: float) -> Outcome:
    words = f"The job ran into its time limit of {limit:g} s."
    return Outcome(
        State.FAILURE,
        Ending.TIMED_OUT,
        cause=Cause.TIMEOUT,
        error=Error("TimeLimitExceeded", words),
        note=words,
    )


def _stopped(running: Running, ran: float) -> Outcome:
    note = stopped_in_words(running.at, ran)
    return Outcome(State.REVOKED, Ending.CANCELLED, note=note)


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a kind's exception may fail even at saying what it is
        return "(its own words can't be read)"


def _traceback(error: BaseException) -> str:
    # The frames of the kind and of what it calls; those that lead to it are always the same.
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_globals.get("__name__") in {
        "tasks.run",
        "tasks.kind",
    }:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def told_to_celery(outcome: Outcome) -> Exception:
    """Return what to raise so that Celery and Flower hear of an end that is no success."""
    if outcome.state is State.FAILURE and outcome.error is not None:
        return JobFailed(f"{outcome.error.type}: {outcome.error.message}"[:1000])
    return ignored(outcome.state, outcome.note)


def ignored(end: State | None, words: str) -> Exception:
    """Return what to raise so that Celery does no more for a job, and its listeners hear why."""
    told = {State.REVOKED: Stopped, State.RETRY: TriedAgain, State.FAILURE: Quarantined}
    answer: Exception = told.get(end, Ignore)(words) if end else Ignore(words)
    return answer
