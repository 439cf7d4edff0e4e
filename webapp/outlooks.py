"""Why isn't it running? The part of a waiting job's page and of a form that says so, kept fresh."""

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from ledger.filters import Filter, Standing
from ledger.outlook import Outlook, outlook
from ledger.record import Job
from webapp.security import owner
from webapp.services import services
from webapp.submission import find
from webapp.waiting_shapes import JobInFull, Waiting
from webapp.waiting_words import said

blueprint = Blueprint("outlooks", __name__)


def of_job(job: Job) -> Outlook | None:
    """Return the outlook of a job that waits, or None of any other.

    Raises:
        LedgerUnavailable: the ledger does not answer.
    """
    if not job.waiting or job.cancel_requested_at is not None:
        return None
    found = services()
    return outlook(found.ledger.waiting.before(job, found.kinds))


def of_kind(name: str, size: int | None = None) -> Outlook:
    """Return the outlook of a job of that kind, were it submitted now by who asks.

    Raises:
        UnknownKind: there is none.
        LedgerUnavailable: the ledger does not answer.
    """
    found = services()
    kind = find(found.kinds, name)
    waiting = found.ledger.waiting
    return outlook(waiting.at_the_end(kind.name, kind.queue, size, found.kinds, owner()))


def shaped(seen: Outlook) -> Waiting:
    """Return an outlook as the API says it."""
    return Waiting.of(seen, said(seen, services().kinds, owner()))


def job_in_full(job: Job) -> JobInFull:
    """Return a job as the API shows it alone.

    Raises:
        LedgerUnavailable: the ledger does not answer.
    """
    seen = of_job(job)
    kind = services().kinds.get(job.kind)
    return JobInFull.with_outlook(job, kind, shaped(seen) if seen else None)


def lines(job: Job) -> Iterator[str]:
    """Yield what a terminal says of why a job waits; nothing of any other.

    Raises:
        LedgerUnavailable: the ledger does not answer.
    """
    seen = of_job(job)
    if seen is None:
        return
    words = said(seen, services().kinds)
    for sentence in (words.why, words.repair, words.when + " " * bool(words.when) + words.trust):
        if sentence:
            yield sentence.striptags()
    for name, fact in words.facts.items():
        yield f"{name}: {fact.striptags()}"


def part(seen: Outlook | None) -> Markup:
    """Return what a page says of it: nothing where nothing waits."""
    if seen is None:
        return Markup()
    words = said(seen, services().kinds, owner())
    theirs = _on_their_way(seen.turns.owner) if seen.turns else ""
    html = render_template("_waiting.html", seen=seen, said=words, theirs=theirs)
    return Markup(html.strip())  # noqa: S704 - a template of ours, which escapes


def _on_their_way(person: str) -> str:
    """Return the search for jobs that have their turn."""
    standings = (Standing.RUNNING, Standing.QUEUED, Standing.UNSENT, Standing.RETRYING)
    return Filter(states=standings, owners=(person,)).as_text()


@blueprint.get("/jobs/<job_id>/waiting")
def job(job_id: str) -> Response:
    """Answer with that part of a job's page, empty where the job does not wait."""
    return _fresh(part(of_job(services().ledger.jobs.get(job_id))))


@blueprint.get("/new/<kind>/waiting")
def form(kind: str) -> Response:
    """Answer with that part of a kind's form; `size` is the bytes of its files, if it has any."""
    return _fresh(part(of_kind(kind, request.args.get("size", type=int))))


def _fresh(html: Markup) -> Response:
    answer = Response(html, mimetype="text/html")
    answer.headers["Cache-Control"] = "no-store"
    return answer
