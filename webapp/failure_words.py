"""How pages and terminals speak of failures: where a group stands, its trend, who is affected."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from ledger.dead_letters import DeadLetter
from ledger.failed_jobs import LOOKED_AT
from ledger.failures import Group, Sum
from ledger.record import Cause, State
from tasks.dead_letters import inputs_in
from tasks.kind import Kind
from webapp.again_all import Again, kind_of
from webapp.shapes import without_secrets
from webapp.words import CRASHED, TIMED_OUT, Label, number

NEW_FOR: Final = timedelta(hours=24)
NAMED: Final = 3  # people whose names are said

CAUSES: Final = {Cause.TIMEOUT: TIMED_OUT, Cause.CRASHED: CRASHED}
NEW: Final = Label("New", "exclamation-octagon", "failed")
OPEN: Final = Label("Not known yet", "exclamation-circle", "waiting")
BACK: Final = Label("Known, but the code is new", "arrow-counterclockwise", "failed")
KNOWN: Final = Label("Known", "bookmark-check", "cancelled")


def label_of(group: Group, now: datetime) -> Label:
    """Return where a group stands: new ones stand out, known ones are quiet."""
    if group.known is not None:
        return KNOWN if group.quiet else BACK
    return NEW if now - group.first_at < NEW_FOR else OPEN


def jobs_in_words(count: int) -> str:
    """Return a number of jobs: 1 job, 143 jobs."""
    return f"{number(count)} job{'' if count == 1 else 's'}"


def causes_in_words(total: Sum) -> str:
    """Return how much has failed: 143 jobs, 1 cause."""
    causes = f"{number(total.groups)} cause{'' if total.groups == 1 else 's'}"
    return f"{jobs_in_words(total.jobs)}, {causes}"


def people(by_owner: Mapping[str, int]) -> str:
    """Return who is affected, the most affected first: ada (120), ben (23) and 4 others."""
    named = [f"{owner} ({number(count)})" for owner, count in by_owner.items()]
    others = len(named) - NAMED
    if others > 1:
        return f"{', '.join(named[:NAMED])} and {number(others)} others"
    return " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))


def trend_in_words(by_hour: Sequence[int]) -> str:
    """Return a trend for whoever does not see its bars."""
    total, most = sum(by_hour), max(by_hour)
    if not total:
        return "None in the last 24 hours."
    ago = len(by_hour) - 1 - max(at for at, count in enumerate(by_hour) if count == most)
    when = "in this hour" if ago == 0 else f"{ago} hour{'' if ago == 1 else 's'} ago"
    if most == total:
        return f"{number(total)} in the last 24 hours, {when}."
    last = f"; in this hour {number(by_hour[-1])}" if ago else ""
    return f"{number(total)} in the last 24 hours, most of them {when}: {number(most)}{last}."


def left_in_words(left: int) -> str:
    """Return how many jobs can be retried at once."""
    return "it" if left == 1 else f"{'more than ' * (left >= LOOKED_AT)}{number(left)} jobs"


def asked_by(letter: DeadLetter) -> str | None:
    """Return the name of the kind that a dead letter asks for."""
    return kind_of(letter)


def letter_in_words(letter: DeadLetter, kind: Kind | None) -> str:
    """Return what a dead letter is."""
    asks = kind_of(letter)
    if asks is None:
        return "A message that is no task"
    told = f"{kind.title} ({asks})" if kind else f"a kind that is not here, {asks}"
    return f"A message for {told}"


def letter_body(letter: DeadLetter, kind: Kind | None) -> str:
    """Return what a dead letter says, without secrets.

    Of a kind that is not here nobody knows which inputs are secret, so all of them are.
    """
    inputs = inputs_in(letter.body)
    return (
        letter.body
        if inputs is None
        else json.dumps(without_secrets(inputs, kind), indent=1, ensure_ascii=False)
    )


def letter_repair(letter: DeadLetter, kind: Kind | None) -> str:
    """Return why nobody could use a dead letter, and what can be done with it."""
    asks = kind_of(letter)
    if letter.requeued_as:
        return "It was requeued, and is kept here to be seen."
    if asks is None:
        return "Something else writes to this exchange. Find it, then delete this."
    if kind is None:
        return f"Start a worker and a console that know {asks}, then requeue it; or delete it."
    if inputs_in(letter.body) is None:
        return "Its inputs can't be read. Have whoever sent it send it again, and delete it."
    return (
        "Whoever sent it did not write it into the ledger first, or the ledger is another one"
        " since. Requeue it as a new job, once; or delete it."
    )


def share(part: float) -> str:
    """Return a share: all, none, or so many per cent, where only all is 100 %."""
    if part in {0, 1}:
        return "all" if part else "none"
    return f"{min(99, max(1, round(100 * part)))} %"


def fates_in_words(fates: Mapping[State | None, int]) -> str:
    """Return what became of failed jobs: 3 not retried; of the others 2 succeeded, 1 failed."""
    told = {
        State.SUCCESS: "succeeded",
        State.FAILURE: "failed again",
        State.REVOKED: "was cancelled",
        State.STARTED: "runs",
        State.RETRY: "is tried again",
        State.PENDING: "waits",
    }
    several = {"was cancelled": "were cancelled", "runs": "run", "waits": "wait"}
    several["is tried again"] = "are tried again"
    parts = []
    for state, word in told.items():
        if count := fates.get(state, 0):
            parts.append(f"{number(count)} {word if count == 1 else several.get(word, word)}")
    left = fates.get(None, 0)
    if not parts:
        return "None of them has been retried."
    unretried = (
        f" {number(left)} {'has' if left == 1 else 'have'} not been retried." if left else ""
    )
    return f"Of the retries {', '.join(parts)}.{unretried}"


def again_in_words(again: Again) -> str:
    """Return what came of retrying a group."""
    if not again.done and not again.refused:
        return again.why or "All of them have been retried already."
    run = f"{jobs_in_words(again.done)} {'runs' if again.done == 1 else 'run'} again."
    refused = f" {number(again.refused)} can't: {again.why}" if again.refused else ""
    return f"{run}{refused}{' More are left: ask once more for them.' if again.more else ''}"
