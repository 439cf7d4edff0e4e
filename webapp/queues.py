"""The page of queues: what waits in each and who takes it, and a way to pause one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from ledger.duties import Backlog
from ledger.queues import LONGEST_WHY, Pause
from ledger.record import Worker
from tasks.management import Held, ManagementAway
from webapp import boards
from webapp.boards import Board, Tab
from webapp.charts.periods import PERIODS
from webapp.history import depths
from webapp.mistakes import Mistake, WrongInputs
from webapp.security import owner
from webapp.services import Services, services
from webapp.words import Label

EXTENSION: Final = "postroom.queues"

PAUSED: Final = Label("Paused", "pause-circle", "waiting")
OPEN: Final = Label("Open", "play-circle", "succeeded")
UNHEARD: Final = Label("Nobody listens", "plug", "failed")

blueprint = Blueprint("queues", __name__, url_prefix="/queues")


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as it stands; `held` is None where RabbitMQ's management does not tell.

    `came` and `ended` are jobs of the last minute, and `running` are those that run now.
    """

    name: str
    pause: Pause | None
    backlog: Backlog
    running: int
    came: int
    ended: int
    listening: Sequence[Worker]
    held: Held | None

    @property
    def label(self) -> Label:
        """Whether jobs of it are started."""
        if self.pause is not None:
            return PAUSED
        return OPEN if self.listening else UNHEARD

    @property
    def places(self) -> int:
        """How many of its jobs can run at a time."""
        return sum(worker.concurrency for worker in self.listening)


@dataclass(frozen=True, slots=True)
class Seen:
    """All queues at a moment of the ledger's; `away` says why RabbitMQ tells nothing of them."""

    queues: Sequence[Queue]
    away: ManagementAway | None
    at: datetime

    @property
    def tab(self) -> Tab:
        """What most wants to be known of them, for the page's tab."""
        if unheard := [one for one in self.queues if one.label is UNHEARD and one.backlog.waiting]:
            return Tab(f"Nobody listens to {_named(unheard)} · Queues", UNHEARD.tone)
        if paused := [one for one in self.queues if one.pause]:
            return Tab(f"{_named(paused)} paused · Queues", PAUSED.tone)
        waiting = sum(one.backlog.waiting for one in self.queues)
        return Tab(f"{waiting:,} waiting · Queues" if waiting else "Queues")


def _named(queues: Sequence[Queue]) -> str:
    return queues[0].name if len(queues) == 1 else f"{len(queues)} queues"


def look(found: Services) -> Seen:
    """Return the queues as they stand; it takes less than a second where RabbitMQ is silent.

    Raises:
        LedgerUnavailable: the ledger does not answer.
    """
    ledger = found.ledger
    paused, backlogs = ledger.queues.paused(), ledger.duties.backlogs()
    running = [job.queue for jobs in ledger.duties.running().values() for job in jobs]
    came, ended = ledger.duties.rates(list(found.kinds))
    alive = ledger.workers.alive(ledger.settings.heart_timeout)
    held, away = _held(found)
    names = sorted({*known(found), *paused, *backlogs, *running})
    queues = [
        Queue(
            name=name,
            pause=paused.get(name),
            backlog=backlogs.get(name, Backlog()),
            running=running.count(name),
            came=came.get(name, 0),
            ended=ended.get(name, 0),
            listening=[one for one in alive if one.vitals and name in one.vitals.listening],
            held=held.get(name),
        )
        for name in names
    ]
    return Seen(queues, away, ledger.database.read_clock())


def _held(found: Services) -> tuple[Mapping[str, Held], ManagementAway | None]:
    try:
        return found.management.queues(), None
    except ManagementAway as error:
        return {}, error


def known(found: Services) -> set[str]:
    """Return the names of the queues that there are."""
    return {*found.celery.conf["QUEUES"], *(kind.queue for kind in found.kinds.values())}


def pause(found: Services, name: str, by: str, why: str) -> bool:
    """Pause a queue until it is resumed; return False where it was paused already.

    Raises:
        WrongInputs: there is no such queue, or no reason, or too long a one.
        LedgerUnavailable: it is not known whether it is paused.
    """
    mistakes = []
    if name not in known(found):
        listed = ", ".join(sorted(known(found)))
        mistakes.append(Mistake("queue", f"There is no queue {name}; there are: {listed}."))
    why = " ".join(why.split())
    if not 0 < len(why) <= LONGEST_WHY:
        mistakes.append(
            Mistake("why", f"Say why, for the others to read, in at most {LONGEST_WHY} characters.")
        )
    if mistakes:
        raise WrongInputs(mistakes)
    return found.ledger.queues.pause(name, by, why)


@blueprint.record_once
def open_board(state: BlueprintSetupState) -> None:
    """Give the app the one reading that serves everybody who looks."""
    found: Services = state.app.extensions["postroom"]
    render = boards.renderer(state.app)

    def read() -> tuple[Tab, Mapping[str, Markup]]:
        seen = look(found)
        parts = {"away": render("_away.html", away=seen.away)}
        for one in seen.queues:
            parts[f"queue-{one.name}"] = render("_queue.html", queue=one, now=seen.at)
        return seen.tab, parts

    state.app.extensions[EXTENSION] = Board(read)


def board() -> Board:
    """Return the current app's."""
    found: Board = current_app.extensions[EXTENSION]
    return found


@blueprint.get("")
def index() -> str:
    """Show the queues as they stand, from then on live, and as they stood in the last day."""
    shown, ledger = board().shown(), services().ledger
    past = depths(ledger, PERIODS["day"], ledger.database.read_clock())
    return render_template("queues.html", shown=shown, chart_of_depths=past)


@blueprint.get("/now")
def now() -> Response:
    """Answer with what has changed on an open page."""
    return boards.answer(board().shown())


@blueprint.get("/<name>/pause")
def ask(name: str) -> str:
    """Ask why a queue shall be paused, and say what that means."""
    return _asked(name, {}, "")


def _asked(name: str, mistakes: Mapping[str, str], why: str) -> str:
    seen = {one.name: one for one in look(services()).queues}
    if name not in seen:
        abort(404, f"There is no queue {name}.")
    return render_template(
        "pause.html", queue=seen[name], mistakes=mistakes, why=why, longest=LONGEST_WHY
    )


@blueprint.post("/<name>/pause")
def pause_it(name: str) -> ResponseReturnValue:
    """Pause a queue, and show it."""
    why = request.form.get("why", "")
    try:
        paused = pause(services(), name, owner(), why)
    except WrongInputs as error:
        return _asked(name, {one.field: one.message for one in error.mistakes}, why), 422
    if not paused:
        flash(f"{name} was paused already; the earlier reason stands.", "info")
    board().forget()
    return redirect(url_for("queues.index"), 303)


@blueprint.post("/<name>/resume")
def resume_it(name: str) -> ResponseReturnValue:
    """Have workers take a queue's jobs again, and show it."""
    if not services().ledger.queues.resume(name):
        flash(f"{name} was not paused.", "info")
    board().forget()
    return redirect(url_for("queues.index"), 303)
