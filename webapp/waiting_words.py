"""Why a job does not run yet, how that is put right and when it will: in sentences for people."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup

from ledger.outlook import Estimate, Outlook, Reason
from tasks.kind import Kind
from webapp.limit_words import own_limit
from webapp.words import clock, duration, exact, number

AT_ONCE: Final = 2.0  # seconds; nobody calls that waiting
TO_THE_MINUTE: Final = 120.0  # seconds from which an end is said without them
MANY_NAMES: Final = 4  # workers that are named; of more, a number says as much


@dataclass(frozen=True, slots=True)
class Said:
    """An outlook in words: what it waits for, what helps, when it starts, what else is known.

    Any of the last three can be empty.
    """

    why: Markup
    repair: Markup
    when: Markup
    trust: Markup
    facts: Mapping[str, Markup]


def said(outlook: Outlook, kinds: Mapping[str, Kind], reader: str | None = None) -> Said:
    """Return an outlook in words.

    Args:
        outlook: what there is to say.
        kinds: those that this console knows, for their titles.
        reader: who reads it, if that is known.
    """
    why, repair = _why(outlook, kinds, reader)
    return Said(
        why=why,
        repair=repair,
        when=_when(outlook, kinds),
        trust=_trust(outlook.estimate) if outlook.estimate else Markup(),
        facts={
            name: words
            for name, words in (
                ("Place in line", _place(outlook)),
                ("Workers", _workers(outlook)),
                ("Usually takes", _typical(outlook)),
            )
            if words
        },
    )


def _why(outlook: Outlook, kinds: Mapping[str, Kind], reader: str | None) -> tuple[Markup, Markup]:
    """Return what is waited for, and what helps where somebody can."""
    if outlook.reason is Reason.OWN_LIMIT:
        return own_limit(outlook.turns, reader)
    return _SENTENCES[outlook.reason](outlook, kinds)


def _no_kind(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    why = Markup("This console knows no kind of job that is called {}.").format(outlook.kind)
    return why, Markup("Put it back where it was declared, or cancel the job.")


def _scheduled(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    return Markup("It is scheduled for {}.").format(clock(outlook.until or outlook.at)), Markup()


def _retry(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    why = Markup("It waits for its next attempt, at {}.").format(clock(outlook.until or outlook.at))
    return why, Markup("“Retry now” does not wait for that time.")


def _unsent(_outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    why = Markup("RabbitMQ did not take it at first, and no worker runs that would send it again.")
    return why, Markup("It is safe here. Start a worker with {}.").format(_start(None))


def _sending(_outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    return Markup("It is safe here, and on its way to RabbitMQ."), Markup()


def _refused(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    why = Markup("RabbitMQ answers, but has not taken it since {}.")
    repair = Markup(
        "After an outage those before it are sent first. If it stays so, {} says what to do."
    )
    return why.format(clock(outlook.since or outlook.at)), repair.format(_doctor())


def _no_worker(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    why = Markup("No worker listens to {}.").format(_code(outlook.queue))
    return why, Markup("Start one with {}.").format(_start(outlook.queue))


def _silent(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    last = max(outlook.silent, key=lambda one: one.beat_at)
    why = Markup("No worker listens to {}: {} has given no sign of life since {}.").format(
        _code(outlook.queue), last.name, clock(last.beat_at)
    )
    repair = Markup("See what became of it on {}, or start another with {}.")
    return why, repair.format(last.host, _start(outlook.queue))


def _stopping(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    why = Markup("The workers that listen to {} were told to stop, and take no more jobs.")
    repair = Markup("Start another with {}.").format(_start(outlook.queue))
    return why.format(_code(outlook.queue)), repair


def _draining(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    asked = outlook.draining[0]
    why = Markup("{} asked {} to take no more jobs, and no other worker listens to {}.").format(
        asked.draining_by or "Somebody", asked.name, _code(outlook.queue)
    )
    repair = Markup("Let it take jobs again, on the page of workers, or start another with {}.")
    return why, repair.format(_start(outlook.queue))


def _broker(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    why = Markup("RabbitMQ has not answered since {}.").format(clock(outlook.since or outlook.at))
    repair = Markup(
        "Nothing is lost: jobs go on by themselves as soon as it does. {} says what is wrong."
    )
    return why, repair.format(_doctor())


def _paused(outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    if outlook.pause is None:
        return Markup("Its queue is paused."), Markup()
    because = Markup(": {}").format(outlook.pause.why.rstrip(".")) if outlook.pause.why else ""
    why = Markup("The queue {} was paused by {} at {}{}.").format(
        _code(outlook.queue), outlook.pause.by, clock(outlook.pause.at), because
    )
    return why, Markup("It can be resumed on the page of queues.")


def _busy(outlook: Outlook, kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    if not outlook.processes:
        return Markup("The workers have no process yet that could run it."), Markup()
    what = _join(
        _title(kind, kinds) + (f" ({times} of them)" if times > 1 else "")
        for kind, times in sorted(outlook.busy.items(), key=lambda one: (-one[1], one[0]))
    )
    if outlook.processes == 1:
        return Markup("The only process is busy with {}.").format(what), Markup()
    both = "Both" if outlook.processes == 2 else f"All {outlook.processes}"  # noqa: PLR2004 - a word
    return Markup("{} processes are busy: {}.").format(both, what), Markup()


def _line(_outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    return Markup("Processes are free, and go to the jobs before it first."), Markup()


def _next(_outlook: Outlook, _kinds: Mapping[str, Kind]) -> tuple[Markup, Markup]:
    return Markup("A process is free for it."), Markup()


_SENTENCES: Final[
    Mapping[Reason, Callable[[Outlook, Mapping[str, Kind]], tuple[Markup, Markup]]]
] = {
    Reason.NO_KIND: _no_kind,
    Reason.SCHEDULED: _scheduled,
    Reason.RETRY: _retry,
    Reason.UNSENT: _unsent,
    Reason.SENDING: _sending,
    Reason.REFUSED: _refused,
    Reason.NO_WORKER: _no_worker,
    Reason.SILENT: _silent,
    Reason.STOPPING: _stopping,
    Reason.DRAINING: _draining,
    Reason.BROKER: _broker,
    Reason.PAUSED: _paused,
    Reason.BUSY: _busy,
    Reason.LINE: _line,
    Reason.NEXT: _next,
}


def _when(outlook: Outlook, kinds: Mapping[str, Kind]) -> Markup:
    if outlook.lacking:
        unknown = _join(_title(kind, kinds) for kind in outlook.lacking)
        return Markup("When it starts can't be foreseen: no run of {} has ended yet.").format(
            unknown
        )
    if outlook.more:
        return Markup("So many jobs are before it that nobody can foresee when it starts.")
    if outlook.estimate is None:
        return Markup()
    start = Markup("It starts {}").format(about(outlook.estimate.starts_in))
    if outlook.estimate.done_in is None:
        return Markup("{}. No run of this kind yet, so nobody knows how long it takes.").format(
            start
        )
    done = done_by(outlook.at, outlook.estimate.done_in)
    return Markup("{}, done by {}.").format(start, done)


def _trust(estimate: Estimate) -> Markup:
    if estimate.margin is None:
        return Markup("Too few jobs have waited here yet to say how far off that may be.")
    return Markup("Usually right within {}.").format(spoken(estimate.margin))


def done_by(at: datetime, seconds: float) -> Markup:
    """Return a time so many seconds after another; where it is far off, that of a full minute."""
    then = (at + timedelta(seconds=seconds)).astimezone(UTC)
    if seconds < TO_THE_MINUTE:
        return clock(then)
    then = then.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return Markup('<time datetime="{}" title="{}" data-clock="minute">{}</time>').format(
        then.isoformat(timespec="milliseconds"), exact(then), f"{then:%d %b, %H:%M} UTC"
    )


def _place(outlook: Outlook) -> Markup:
    if outlook.place is None:
        return Markup()
    if outlook.place == 1:
        return Markup("the next one in {}").format(_code(outlook.queue))
    before = outlook.place - 1
    words = f"{number(before)} {'job' if before == 1 else 'jobs'} before it"
    at_least = "at least " if outlook.more else ""
    return Markup("{}{} in {}").format(at_least, words, _code(outlook.queue))


def _workers(outlook: Outlook) -> Markup:
    if not outlook.listening:
        return Markup("none listens to {}").format(_code(outlook.queue))
    names = sorted(one.name for one in outlook.listening)
    who = _join(map(Markup.escape, names))
    if len(names) > MANY_NAMES:
        who = Markup("{} workers").format(len(names))
    processes = f"{outlook.processes} {'process' if outlook.processes == 1 else 'processes'}"
    return Markup("{}, {}").format(who, processes)


def _typical(outlook: Outlook) -> Markup:
    typical = outlook.typical
    if outlook.reason is Reason.NO_KIND:
        return Markup()
    if typical is None:
        return Markup("nobody knows: no run of this kind yet")
    half = duration(timedelta(seconds=typical.median))
    if typical.runs == 1:
        return Markup("{}, after the only run yet").format(half)
    alike = " with files of a similar size" if typical.alike else ""
    most = duration(timedelta(seconds=typical.p90))
    return Markup("{}, nine of ten up to {} ({} runs{})").format(half, most, typical.runs, alike)


def about(seconds: float) -> str:
    """Return when something will be, no more exactly than anybody can know it."""
    return "at once" if seconds < AT_ONCE else f"in about {spoken(seconds)}"


def spoken(seconds: float) -> str:
    """Return a duration as a person says it: a second, 12 seconds, a minute, 3 minutes, 2 hours."""
    for size, unit, one in _UNITS:
        if seconds >= size:
            many = round(seconds / size)
            return one if many == 1 else f"{many} {unit}"
    return "a second"


_UNITS: Final = (
    (86_400, "days", "a day"),
    (3600, "hours", "an hour"),
    (60, "minutes", "a minute"),
    (1, "seconds", "a second"),
)


def _title(kind: str, kinds: Mapping[str, Kind]) -> Markup:
    return Markup.escape(kinds[kind].title if kind in kinds else kind)


def _start(queue: str | None) -> Markup:
    return _code("celery -A tasks worker" + (f" -Q {queue}" if queue else ""))


def _doctor() -> Markup:
    return _code("flask --app webapp doctor")


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup(", ").join(parts)
