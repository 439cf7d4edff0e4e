"""The page of workers: how each is and what it runs, and ways to steer it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from ledger.duties import Left, Running
from ledger.record import Worker
from ledger.wishes import MOST_PROCESSES, WorkerWishes
from webapp import boards
from webapp.boards import Board, Tab
from webapp.security import owner
from webapp.services import Services, services
from webapp.words import Label

EXTENSION: Final = "postroom.workers"
MOST_GONE: Final = 10
GONE_FOR: Final = timedelta(days=1)  # after which nobody asks any more
MOST_LEFT: Final = 50  # jobs of those that are gone
LATE_BEATS: Final = 3  # after which a heart is said to be late

WORKING: Final = Label("Working", "play-circle", "running")
IDLE: Final = Label("Idle", "cup-hot", "succeeded")
DRAINING: Final = Label("Draining", "funnel", "waiting")
DRAINED: Final = Label("Drained", "check2-circle", "cancelled")
STOPPING: Final = Label("Stopping", "stop-circle", "waiting")
STOPPED: Final = Label("Stopped", "stop-circle", "cancelled")
SILENT: Final = Label("Silent", "heart-half", "waiting")
DEAD: Final = Label("Dead", "heartbreak", "failed")

blueprint = Blueprint("workers", __name__, url_prefix="/workers")


@dataclass(frozen=True, slots=True)
class OneWorker:
    """A worker as it stands; `left` is what it left behind, where it is gone.

    `late` says that its heart has missed beats, and `gone` that it has stopped.
    """

    worker: Worker
    running: Sequence[Running]
    left: Sequence[Left]
    late: bool
    gone: bool

    @property
    def label(self) -> Label:
        """How it is, in a word."""
        worker = self.worker
        if self.gone:
            return STOPPED if worker.stopping_at and not self.running else DEAD
        if worker.stopping_at or worker.stop_at:
            return STOPPING
        if self.late:
            return SILENT
        if worker.draining_at is not None:
            return DRAINING if self.running or self.listening else DRAINED
        return WORKING if self.running else IDLE

    @property
    def listening(self) -> Sequence[str]:
        """The queues from which it takes jobs, by its own last word."""
        return self.worker.vitals.listening if self.worker.vitals else ()

    @property
    def wanted(self) -> int:
        """How many processes it is to have."""
        return self.worker.wanted or self.worker.concurrency

    @property
    def steerable(self) -> bool:
        """Whether it would heed what it is asked."""
        return not (self.gone or self.worker.stopping_at or self.worker.stop_at)


@dataclass(frozen=True, slots=True)
class Seen:
    """All workers at a moment of the ledger's; those that are gone, the last one first."""

    here: Sequence[OneWorker]
    gone: Sequence[OneWorker]
    at: datetime

    @property
    def tab(self) -> Tab:
        """What most wants to be known of them, for the page's tab."""
        if not self.here:
            return Tab("No worker is there · Workers", DEAD.tone)
        if silent := sum(one.late for one in self.here):
            return Tab(f"{silent} silent · Workers", SILENT.tone)
        busy = sum(len(one.running) for one in self.here)
        processes = sum(one.worker.concurrency for one in self.here)
        return Tab(f"{busy} of {processes} busy · Workers", WORKING.tone if busy else "postroom")


def look(found: Services) -> Seen:
    """Return the workers as they stand.

    Raises:
        LedgerUnavailable: the ledger does not answer.
    """
    ledger, settings = found.ledger, found.ledger.settings
    now = ledger.database.read_clock()
    running = ledger.duties.running()
    rows = ledger.workers.alive(settings.heart_timeout)
    silent = [
        one
        for one in ledger.workers.silent(settings.heart_timeout, MOST_GONE)
        if now - one.beat_at < GONE_FOR
    ]
    left = ledger.duties.left_by([one.id for one in silent], MOST_LEFT)
    late = timedelta(seconds=LATE_BEATS * settings.beat_every)

    def seen(worker: Worker, *, gone: bool) -> OneWorker:
        return OneWorker(
            worker,
            running.get(worker.id, ()),
            left.get(worker.id, ()),
            late=now - worker.beat_at > late,
            gone=gone,
        )

    here = sorted(rows, key=lambda one: (one.host, one.started_at))
    return Seen(
        [seen(one, gone=False) for one in here], [seen(one, gone=True) for one in silent], now
    )


@blueprint.record_once
def open_board(state: BlueprintSetupState) -> None:
    """Give the app the one reading that serves everybody who looks."""
    found: Services = state.app.extensions["postroom"]
    render = boards.renderer(state.app)

    def read() -> tuple[Tab, Mapping[str, Markup]]:
        seen = look(found)
        same = {"now": seen.at, "kinds": found.kinds, "most": MOST_PROCESSES}
        parts = {
            f"worker-{one.worker.id}": render("_worker.html", one=one, **same) for one in seen.here
        }
        if not parts:
            parts["nobody"] = render("_no_worker.html")
        parts["gone"] = render("_gone.html", gone=seen.gone, **same)
        return seen.tab, parts

    state.app.extensions[EXTENSION] = Board(read)


def board() -> Board:
    """Return the current app's."""
    found: Board = current_app.extensions[EXTENSION]
    return found


@blueprint.get("")
def index() -> str:
    """Show the workers: as they stand now, and from then on live."""
    return render_template("workers.html", shown=board().shown())


@blueprint.get("/now")
def now() -> Response:
    """Answer with what has changed on an open page."""
    return boards.answer(board().shown())


@blueprint.post("/<worker_id>/<any(drain, resume, renew, stop):verb>")
def steer(worker_id: str, verb: str) -> ResponseReturnValue:
    """Ask something of a worker, and show it."""
    ask(services(), worker_id, verb, owner())
    return _shown(worker_id)


@blueprint.post("/<worker_id>/processes")
def resize(worker_id: str) -> ResponseReturnValue:
    """Ask for another number of processes, and show the worker."""
    wanted = request.form.get("processes", type=int)
    if wanted is None or not 0 < wanted <= MOST_PROCESSES:
        abort(422, f"A worker has 1 to {MOST_PROCESSES} processes.")
    services().ledger.wishes.want(worker_id, wanted)
    return _shown(worker_id)


def _shown(worker_id: str) -> ResponseReturnValue:
    board().forget()
    return redirect(f"{url_for('workers.index')}#part-worker-{worker_id}", 303)


def ask(found: Services, worker_id: str, verb: str, by: str) -> Worker:
    """Ask one of VERBS of a worker, and return it as it stands then; it heeds that in a second.

    Raises:
        NoSuchWorker: there is none, or it stops or is dead.
        LedgerUnavailable: it is not known whether it was asked.
    """
    return VERBS[verb](found.ledger.wishes, worker_id, by)


VERBS: Final[Mapping[str, Callable[[WorkerWishes, str, str], Worker]]] = {
    "drain": lambda wishes, worker, by: wishes.drain(worker, by),
    "resume": lambda wishes, worker, _by: wishes.resume(worker),
    "renew": lambda wishes, worker, _by: wishes.renew(worker),
    "stop": lambda wishes, worker, _by: wishes.stop(worker),
}
