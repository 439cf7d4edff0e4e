"""The pages of failures: groups by cause, one group with all that is known of it, dead letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from ledger.causes import Origin, last_line_first, origin
from ledger.failed_jobs import Retried
from ledger.failures import Group, Tally
from ledger.record import Cause, State
from webapp import failure_words
from webapp.again_all import requeue, retry_group
from webapp.failure_shapes import LONGEST_NOTE
from webapp.failure_words import again_in_words, label_of
from webapp.likeness import Likeness, likenesses
from webapp.mistakes import WrongInputs
from webapp.questions import questions
from webapp.repairs import repair
from webapp.security import owner
from webapp.services import Services, services

PER_PAGE: Final = 30
SHOWN_JOBS: Final = 20
MOST_KINDS: Final = 100  # by which one can choose
SHOWN_LETTERS: Final = 50
SAMPLE: Final = 200  # jobs on either side that are compared

SHOW: Final[Mapping[str, bool | None]] = {"open": False, "known": True, "all": None}
CAUSES: Final[Mapping[Cause, str]] = {
    Cause.ERROR: "Errors",
    Cause.TIMEOUT: "Time limits",
    Cause.CRASHED: "Crashed",
}

blueprint = Blueprint("failures", __name__)


@blueprint.record_once
def give_words(state: BlueprintSetupState) -> None:
    """Let templates say `failure_words.people(…)`."""
    state.app.jinja_env.globals.update(failure_words=failure_words)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a sample of failures has in common, and how many jobs were compared."""

    likenesses: list[Likeness]
    failed: int
    succeeded: int

    @property
    def apart(self) -> list[Likeness]:
        """What sets them apart from the successes."""
        return [one for one in self.likenesses if one.apart]


@dataclass(frozen=True, slots=True)
class Seen:
    """A group with all that its page shows."""

    group: Group
    tally: Tally
    jobs: list[Retried]
    fates: Mapping[State | None, int]
    compared: Compared
    origin: Origin
    last_words: str
    frames: str
    repair: str


@blueprint.get("/failures")
def index() -> str:
    """List groups of failures, the one that failed last first, and dead letters below them."""
    show, now = request.args.get("show", "open"), datetime.now(UTC)
    if show not in SHOW:
        abort(404, f"There are no failures to show as {show!r}; try {', '.join(SHOW)}.")
    failures, letters = services().ledger.failures, services().ledger.dead_letters
    kind, cause = request.args.get("kind") or None, read_cause(request.args.get("cause"))
    found = failures.page(
        limit=PER_PAGE + 1,
        before=read_place(request.args.get("before")),
        kind=kind,
        cause=cause,
        quiet=SHOW[show],
    )
    groups = found[:PER_PAGE]
    return render_template(
        "failures.html",
        groups=groups,
        tallies=failures.tallies([one.id for one in groups], now),
        older=place_of(groups[-1]) if len(found) > PER_PAGE else None,
        sums=failures.sums(kind, cause),
        in_all=failures.sums()[False],
        show=show,
        asked={"show": show, "kind": kind, "cause": cause},
        causes=CAUSES,
        failed_kinds=failures.kinds(MOST_KINDS),
        letters=letters.newest(SHOWN_LETTERS),
        letters_in_all=letters.count(),
        unnamed=failures.unnamed(),
        label_of=label_of,
        now=now,
    )


def read_cause(text: str | None) -> Cause | None:
    """Return the sort of failure that an address asks for."""
    if not text:
        return None
    if text not in list(Cause):
        abort(404, f"Nothing fails as {text!r}; try {', '.join(Cause)}.")
    return Cause(text)


def place_of(group: Group) -> str:
    """Return where a group stands in the list, as an address has it."""
    return f"{round(group.last_at.timestamp() * 1_000_000)}-{group.id}"


def read_place(text: str | None) -> tuple[datetime, str] | None:
    """Return the place that `place_of` wrote."""
    if not text:
        return None
    at, _, group_id = text.partition("-")
    if not (at.isascii() and at.isdigit() and len(at) < 18):  # noqa: PLR2004 - of a time that dates have
        abort(404, f"{text!r} is no place in the list of failures.")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(at)), group_id


@blueprint.get("/failures/<group_id>")
def show(group_id: str) -> str:
    """Show one group: a traceback, what its inputs have in common, its jobs and their retries."""
    found, now = services(), datetime.now(UTC)
    seen = seen_of(found, group_id, now)
    return render_template(
        "failure.html",
        seen=seen,
        group=seen.group,
        kind=found.kinds.get(seen.group.reason.kind),
        state=label_of(seen.group, now),
        search=f"failure:{group_id}",
        longest_note=LONGEST_NOTE,
        now=now,
    )


def seen_of(found: Services, group_id: str, now: datetime) -> Seen:
    """Return what is known of a group.

    Raises:
        NoSuchFailure: nothing has failed so.
    """
    ledger = found.ledger
    group = ledger.failures.get(group_id)
    jobs = ledger.failed_jobs.newest(group_id, SHOWN_JOBS)
    error = jobs[0].job.error if jobs else None
    traceback = (error.traceback if error else None) or ""
    last_words, frames = last_line_first(traceback) if traceback else ("", "")
    return Seen(
        group=group,
        tally=ledger.failures.tallies([group_id], now)[group_id],
        jobs=jobs,
        fates=ledger.failed_jobs.fates(group_id),
        compared=compared(found, group),
        origin=origin(traceback),
        last_words=last_words,
        frames=frames,
        repair=repair(group.reason, found.kinds.get(group.reason.kind), found.settings),
    )


def compared(found: Services, group: Group) -> Compared:
    """Return what the newest failures have in common, beside the kind's successes in their time.

    Of a kind that is no longer here nobody knows which inputs are secret, so none is compared.
    """
    kind = found.kinds.get(group.reason.kind)
    if kind is None:
        return Compared([], 0, 0)
    failed = found.ledger.failed_jobs.failed(group.id, SAMPLE)
    if not failed:
        return Compared([], 0, 0)
    since = min(one.at for one in failed)
    succeeded = found.ledger.failed_jobs.succeeded(kind.name, since, group.last_at, SAMPLE)
    alike = likenesses(failed, succeeded, questions(kind.inputs), kind.secrets)
    return Compared(alike, len(failed), len(succeeded))


@blueprint.post("/failures/<group_id>/retry")
def retry(group_id: str) -> ResponseReturnValue:
    """Have those of a group's jobs run again that nobody has retried."""
    again = retry_group(services(), group_id, owner())
    if again.action is not None:
        return redirect(url_for("actions.show", action_id=again.action), 303)
    flash(again_in_words(again), "success" if again.done else "warning")
    return _back(group_id)


@blueprint.post("/failures/<group_id>/known")
def mark(group_id: str) -> ResponseReturnValue:
    """Say that a group is known, with a note for whoever meets it next."""
    note = " ".join(request.form.get("note", "").split())[:LONGEST_NOTE]
    services().ledger.failures.mark(group_id, owner(), note)
    flash("It is known now, and quiet until its kind fails so with other code.", "success")
    return _back(group_id)


@blueprint.post("/failures/<group_id>/unknown")
def unmark(group_id: str) -> ResponseReturnValue:
    """Say that a group wants to be seen again."""
    services().ledger.failures.unmark(group_id)
    return _back(group_id)


def _back(group_id: str) -> ResponseReturnValue:
    return redirect(url_for("failures.show", group_id=group_id), 303)


@blueprint.post("/dead-letters/<letter_id>/requeue")
def requeue_letter(letter_id: str) -> ResponseReturnValue:
    """Have what a dead letter asks for run as a job, and show that job; or say why it can't."""
    try:
        job = requeue(services(), letter_id, owner())
    except WrongInputs as error:
        wrong = " ".join(f"{one.field}: {one.message}" for one in error.mistakes)
        flash(f"It can't be requeued, for its inputs won't do. {wrong}", "warning")
        return redirect(url_for("failures.index", _anchor="dead-letters"), 303)
    return redirect(url_for("jobs.show", job_id=job), 303)


@blueprint.post("/dead-letters/<letter_id>/delete")
def delete_letter(letter_id: str) -> ResponseReturnValue:
    """Remove a dead letter, and show those that are left."""
    services().ledger.dead_letters.delete(letter_id)
    flash("The dead letter is deleted.", "success")
    return redirect(url_for("failures.index", _anchor="dead-letters"), 303)
