"""How pages, programs and terminals say what an action on many jobs will do, does and has done."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from markupsafe import Markup

from ledger.action_record import UNDO, Action, Outcome, Stage, Verb
from ledger.actions import Reach
from webapp.words import Label, clock

VERBS: Final = {
    Verb.CANCEL: Label("Cancel", "stop-circle", "cancelled"),
    Verb.RETRY: Label("Run again", "arrow-repeat", "running"),
    Verb.DELETE: Label("Delete", "trash", "failed"),
}
# What becomes of those that the verb can't change, and of what it does change.
_REST: Final = {
    Verb.CANCEL: ("has ended already", "have ended already"),
    Verb.RETRY: (
        "runs or waits for a worker already, or is of a kind that is no longer here",
        "run or wait for a worker already, or are of a kind that is no longer here",
    ),
    Verb.DELETE: ("has not ended, or is somebody else's", "have not ended, or are somebody else's"),
}
MEANS: Final = {
    Verb.CANCEL: "Those that wait end at once. Those that run stop at their next step, and what"
    " they have made so far is thrown away.",
    Verb.RETRY: "Of each one that has ended, a new job does the same again, and the old one stays"
    " as it is. One that waits for its next attempt has that now.",
    Verb.DELETE: "They leave every list at once, and an hour later they are gone for good, with"
    " their logs, results and files.",
}
_BACK: Final = {
    Verb.CANCEL: "For an hour this can be undone for those that had not begun: the same is queued"
    " again, as new jobs at the end of the line. What ran can only be run again.",
    Verb.RETRY: "For an hour this can be undone: those of the new jobs that have not begun are"
    " cancelled.",
    Verb.DELETE: "Until then it can be undone, and the files take up room.",
}
_BECAME: Final = {
    Outcome.CANCELLED: "cancelled",
    Outcome.STOPPING: "asked to stop while running",
    Outcome.RETRIED: "run again, as new jobs",
    Outcome.SOONER: "tried again now instead of later",
    Outcome.DELETED: "deleted",
    Outcome.ENDED: "had ended before",
    Outcome.RUNNING: "left alone: running",
    Outcome.WAITING: "left alone: waiting",
    Outcome.GONE: "no longer there",
    Outcome.NOT_YOURS: "left alone: somebody else's",
    Outcome.NO_KIND: "left alone: of a kind that is no longer here",
    Outcome.NO_FILES: "left alone: a file that it was given is deleted",
    Outcome.QUEUED_AGAIN: "queued again, as new jobs",
    Outcome.TAKEN_BACK: "taken back before they began",
    Outcome.RESTORED: "brought back",
    Outcome.BEGUN: "left alone: begun already",
    Outcome.STUCK: "not brought back",
}
_STANDING: Final = {
    Stage.CHOOSING: Label("Finding the jobs", "search", "running"),
    Stage.DOING: Label("Under way", "play-circle", "running"),
    Stage.DONE: Label("Done", "check-circle", "succeeded"),
    Stage.UNDOING: Label("Being undone", "arrow-counterclockwise", "running"),
    Stage.UNDONE: Label("Undone", "arrow-counterclockwise", "cancelled"),
    Stage.REMOVING: Label("Being removed for good", "trash", "running"),
    Stage.REMOVED: Label("Removed for good", "trash", "succeeded"),
}


def number(value: int) -> str:
    """Return a number of jobs."""
    return f"{value:,}"


def jobs(value: int) -> str:
    """Return so many jobs: 1 job, 12,431 jobs."""
    return f"{number(value)} job{'' if value == 1 else 's'}"


def became(outcome: Outcome | None) -> str:
    """Return what became of a job."""
    return "not reached" if outcome is None else _BECAME[outcome]


def question(verb: Verb, reach: Reach) -> str:
    """Ask whether it shall be done, and say to how many."""
    return f"{VERBS[verb].word} {jobs(reach.able)}?"


def told_before(verb: Verb, reach: Reach) -> Iterator[str]:
    """Say what a yes will do, to how many, and how far that can be undone."""
    if rest := reach.meant - reach.able:
        why, stay = _REST[verb][rest > 1], "stay as they are" if rest > 1 else "stays as it is"
        if reach.able:
            yield f"Of these {number(reach.meant)}, {number(rest)} {why} and {stay}."
        else:
            yield f"Nothing can be changed: {jobs(rest)} {why}."
    if reach.able:
        yield MEANS[verb]
        yield _BACK[verb]


def title(action: Action) -> str:
    """Return a heading: what was asked for, and of how many jobs."""
    count = action.expected if action.stage is Stage.CHOOSING else action.matched
    return f"{VERBS[action.verb].word} {jobs(count)}"


def told(action: Action) -> str:
    """Say in one sentence what became of the jobs: 12,302 cancelled, 129 had ended before."""
    parts = [f"{number(count)} {became(outcome)}" for outcome, count in in_order(action)]
    left = action.matched - action.handled
    if left and action.stage in {Stage.UNDOING, Stage.UNDONE}:
        parts.append(f"{number(left)} not reached")
    return f"{', '.join(parts)}." if parts else "Nothing was changed."


def in_order(action: Action) -> Iterator[tuple[Outcome, int]]:
    """Yield how many jobs had which outcome, what was wanted first."""
    for outcome in Outcome:
        if count := action.tally.get(outcome, 0):
            yield outcome, count


def standing(action: Action) -> Label:
    """Return where the action stands."""
    return _STANDING[action.stage]


def percent(action: Action) -> float | None:
    """Return how far the present stage is, from 0 to 100; None where nobody knows."""
    undoing = UNDO[action.verb]
    match action.stage:
        case Stage.CHOOSING:
            done, of = action.matched, action.expected
        case Stage.DOING:
            done, of = action.handled, action.matched
        case Stage.UNDOING:
            done = sum(action.tally.get(one, 0) for one in (undoing.undone, undoing.kept))
            of = done + action.tally.get(undoing.of, 0)
        case _:
            return None
    return min(100.0, 100 * done / of) if of else None


def undo(action: Action, now: datetime) -> Markup | None:
    """Say what undoing it would do and until when, or that it can't; None where that is plain."""
    if action.stage in {Stage.UNDOING, Stage.UNDONE}:
        return None
    count = action.undoable(now)
    if not count:
        late = action.undo_until is not None and action.undo_until <= now
        why = "the hour for that is over" if late else "nothing was changed that can be taken back"
        return None if action.goes_on else Markup("This can't be undone: {}.").format(why)
    means = {
        Verb.CANCEL: "Undo queues {} again, as new jobs at the end of the line",
        Verb.RETRY: "Undo cancels those of the {} that have not begun",
        Verb.DELETE: "Undo brings {} back",
    }[action.verb].format(jobs(count))
    if action.undo_until is None:
        return Markup("{}, and leaves the others alone.").format(means)
    after = ", when they go for good with their files" if action.verb is Verb.DELETE else ""
    return Markup("{}; it can be done until {}{}.").format(means, clock(action.undo_until), after)
