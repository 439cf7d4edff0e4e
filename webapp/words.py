"""How pages say what the ledger knows: states, reasons, times and sizes, in words for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import humanize
from markupsafe import Markup

from ledger.record import Attempt, Cause, Ending, Job, State

CERTAIN_AFTER: Final = timedelta(seconds=2)  # an estimate from less than this is a guess
CERTAIN_FROM: Final = 3  # per cent
MOST_COLUMNS: Final = 20


@dataclass(frozen=True, slots=True)
class Label:
    """A state as it is shown: a word, an icon and a tone, so that colour never stands alone.

    `tone` is one of waiting, running, succeeded, failed and cancelled: the colour, and the tab's
    icon.
    """

    word: str
    icon: str
    tone: str


QUEUED = Label("Queued", "inbox", "waiting")
SCHEDULED = Label("Scheduled", "calendar-event", "waiting")
HELD = Label("Waiting for its turn", "person-lock", "waiting")
WAITING_FOR_BROKER = Label("Waiting for the broker", "hourglass-split", "waiting")
RUNNING = Label("Running", "play-circle", "running")
RETRYING = Label("Retrying", "arrow-repeat", "waiting")
STOPPING = Label("Stopping…", "stop-circle", "waiting")
SUCCEEDED = Label("Succeeded", "check-circle", "succeeded")
FAILED = Label("Failed", "x-octagon", "failed")
TIMED_OUT = Label("Timed out", "alarm", "failed")
CRASHED = Label("Crashed (quarantined)", "bug", "failed")
CANCELLED = Label("Cancelled", "slash-circle", "cancelled")

_ENDS = {State.SUCCESS: SUCCEEDED, State.REVOKED: CANCELLED}
_FAILURES = {Cause.ERROR: FAILED, Cause.TIMEOUT: TIMED_OUT, Cause.CRASHED: CRASHED}
_ENDINGS = {
    Ending.SUCCEEDED: SUCCEEDED,
    Ending.FAILED: FAILED,
    Ending.RETRIED: Label("Failed, to be tried again", "arrow-repeat", "waiting"),
    Ending.TIMED_OUT: TIMED_OUT,
    Ending.CANCELLED: CANCELLED,
    Ending.INTERRUPTED: Label("Interrupted", "pause-circle", "cancelled"),
    Ending.CRASHED: Label("Crashed", "bug", "failed"),
    Ending.LOST: Label("Lost", "plug", "failed"),
}
_WHAT_BECAME = {
    Ending.RETRIED: "failed and is tried again",
    Ending.INTERRUPTED: "was interrupted, for its worker was stopping or was cut off",
    Ending.CRASHED: "crashed its process",
    Ending.LOST: "was lost with its worker",
}


def label(job: Job, now: datetime) -> Label:
    """Return where the job stands."""
    if job.state.settled:
        return _ENDS.get(job.state) or _FAILURES[job.cause or Cause.ERROR]
    if job.cancel_requested_at is not None:
        return STOPPING
    if job.state is State.PENDING:
        if job.due_at is not None and job.due_at > now:
            return SCHEDULED
        if job.held:
            return HELD
        return QUEUED if job.sent_at else WAITING_FOR_BROKER
    return RUNNING if job.state is State.STARTED else RETRYING


def ending(attempt: Attempt) -> Label:
    """Return how an attempt ended, or that it runs."""
    return RUNNING if attempt.ending is None else _ENDINGS[attempt.ending]


def why(job: Job, attempts: Sequence[Attempt], now: datetime) -> Markup:
    """Return one sentence that says why the job stands where it does.

    Args:
        job: the job.
        attempts: all of its attempts, the first one first.
        now: decides whether a time has come.
    """
    if job.state.settled:
        return _how_it_ended(job, attempts, now)
    if job.state is State.STARTED:
        return _where_it_runs(job, attempts)
    return _why_it_waits(job, attempts, now)


def _why_it_waits(job: Job, attempts: Sequence[Attempt], now: datetime) -> Markup:
    if job.cancel_requested_at is not None:
        return Markup("Asked to stop, so it will not run.")
    back = _what_became(attempts[-1]) if attempts else ""
    if job.due_at is not None and job.due_at > now:
        start = "The next attempt starts" if attempts else "It starts"
        return Markup("{}{} at {}.").format(back, start, clock(job.due_at))
    if job.held:
        return Markup("It is safe here, and is sent when its owner's limit lets it go.")
    if job.sent_at is None:
        return Markup("{}It is safe here, and is sent as soon as RabbitMQ takes it.").format(back)
    if back:
        return Markup("{}It is in the queue again, waiting for a worker.").format(back)
    return Markup("In the queue since {}, waiting for a worker.").format(clock(job.sent_at))


def _what_became(attempt: Attempt) -> str:
    became = _WHAT_BECAME.get(attempt.ending) if attempt.ending else None
    return f"Attempt {attempt.number} {became}. " if became else ""


def _where_it_runs(job: Job, attempts: Sequence[Attempt]) -> Markup:
    running = attempts[-1] if attempts else None
    worker = (running and running.worker_name) or "a worker"
    verb = "Asked to stop, still running on" if job.cancel_requested_at else "Running on"
    if job.attempt < 2:  # noqa: PLR2004 - nobody counts a single attempt
        return Markup("{} {}.").format(verb, worker)
    earlier = attempts[-2] if len(attempts) > 1 else None
    became = _what_became(earlier).strip(" .") if earlier else ""
    because = f" ({became[0].lower()}{became[1:]})" if became else ""
    return Markup("{} {}, attempt {}{}.").format(verb, worker, job.attempt, because)


def _how_it_ended(job: Job, attempts: Sequence[Attempt], now: datetime) -> Markup:
    at = clock(job.finished_at or now)
    ran = job.ran_for(now)
    if job.state is State.REVOKED:
        return _how_it_was_cancelled(at, attempts)
    verb = {
        SUCCEEDED: "Finished",
        FAILED: "Ended with an error",
        TIMED_OUT: "Stopped at its time limit",
        CRASHED: "Stopped for good",
    }[label(job, now)]
    attempt = f", in attempt {job.attempt}" if job.attempt > 1 else ""
    after = f" after {duration(ran)}" if ran is not None else ""
    return Markup("{} at {}{}{}.").format(verb, at, after, attempt)


def _how_it_was_cancelled(at: Markup, attempts: Sequence[Attempt]) -> Markup:
    if not attempts:
        return Markup("Cancelled at {}, before it ran.").format(at)
    last = attempts[-1]
    if last.ending is not Ending.CANCELLED:
        return Markup("Cancelled at {}, before attempt {}.").format(at, last.number + 1)
    return Markup("Cancelled at {}. {}").format(at, last.note)


def remaining(job: Job, now: datetime) -> timedelta | None:
    """Estimate how long the running attempt still takes, or None while that would be a guess."""
    ran, percent, own = job.ran_for(now), job.progress.percent, job.progress.own_percent
    if job.state is not State.STARTED or ran is None or percent is None or own is None:
        return None
    if job.cancel_requested_at is not None:
        return None  # It will not come to the end of its work.
    if ran < CERTAIN_AFTER or own < CERTAIN_FROM:
        return None
    return ran * ((100 - percent) / own)


def duration(time: timedelta) -> str:
    """Return a duration with its two largest units: 0.04 s, 12 s, 3 min 12 s, 2 h 5 min, 3 d."""
    seconds = max(0.0, time.total_seconds())
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 10:  # noqa: PLR2004 - from here on a tenth of a second says nothing
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, smaller, small_unit in _UNITS:
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{whole} s"


_UNITS = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def clock(at: datetime) -> Markup:
    """Return a time in UTC, which the page's script puts in the reader's own zone."""
    at = at.astimezone(UTC)
    return told(at, "data-clock", f"{at:%d %b, %H:%M:%S} UTC")


def ago(at: datetime, now: datetime) -> Markup:
    """Return how long ago something was, with the exact time on hover; the page's script goes on.

    `data-ago` are the seconds at the time of writing, so that no reader's clock need be right.
    """
    seconds = (now - at).total_seconds()
    return told(at, f'data-ago="{seconds:.1f}"', since(seconds))


def told(at: datetime, how: str, text: str) -> Markup:
    """Return a time as text, with the exact one on hover.

    Nothing is escaped, for it is made of a calendar's words and digits, and a page has hundreds.

    Args:
        at: the time.
        how: an attribute that tells the page's script what to make of it.
        text: what stands there without the script.
    """
    exactly = at.isoformat(timespec="milliseconds")
    return Markup(f'<time datetime="{exactly}" title="{exact(at)}" {how}>{text}</time>')  # noqa: S704 - see above


def since(seconds: float) -> str:
    """Return how long ago that is, in the largest unit of which there are two: 90 minutes ago."""
    for size_, unit in _AGES:
        if seconds >= 2 * size_:
            return f"{seconds // size_:.0f} {unit}s ago"
    return "a second ago" if seconds >= 1 else "now"


_AGES: Final = (
    *((31_557_600, "year"), (2_629_800, "month"), (86_400, "day")),
    *((3600, "hour"), (60, "minute"), (1, "second")),
)


def running_for(time: timedelta) -> Markup:
    """Return how long something has run that goes on, which the page's script counts on."""
    return Markup('<span data-running="{:.1f}">{}</span>').format(
        time.total_seconds(), duration(time)
    )


def exact(at: datetime) -> str:
    """Return date and time in UTC, in full."""
    return f"{at.astimezone(UTC):%A, %d %B %Y, %H:%M:%S} UTC"


def size(number: float) -> str:
    """Return a number of bytes as a file manager does: 1.2 MB."""
    return humanize.naturalsize(number).replace("Bytes", "bytes").replace("Byte", "byte")


def number(value: float) -> str:
    """Return a number as a person writes it: digits in groups from 10,000 on, no idle decimals."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.6g}"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.0f}"  # noqa: PLR2004 - 2024 is a year


def columns(records: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the columns of a table of such records: their keys, as they first appear."""
    return list(dict.fromkeys(key for record in records for key in record))[:MOST_COLUMNS]
