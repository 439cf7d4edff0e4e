"""The page of one job, with all that is known of it; `webapp/joblist.py` has the list."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, render_template

from ledger import Ledger
from ledger.logs import START
from ledger.record import Job, StoredFile
from tasks.ansi import plain
from tasks.inputs import HIDDEN, shown
from tasks.kind import Kind
from webapp import outlooks
from webapp.fragments import Cursor, Snapshot, newest, written
from webapp.live import watch
from webapp.questions import Sort, questions
from webapp.security import owner
from webapp.services import services

SHOWN_LINES: Final = 500  # of a log; the rest is one link away

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")


@blueprint.get("/<job_id>")
def show(job_id: str) -> str:
    """Show a job: as it stands now, and from then on live."""
    ledger = services().ledger
    seen = newest(ledger, job_id, SHOWN_LINES)
    kind = services().kinds.get(seen.job.kind)
    given = inputs_of(seen.job, kind, ledger.files.uploads_of(job_id), owner())
    return render_template(
        "job.html",
        job=seen.job,
        kind=kind,
        given=given,
        deletable=_deletable(seen, given, owner()),
        seen=seen,
        cursor=written(seen.seen),
        update=watch().renderer.update(seen),
        waiting=outlooks.part(outlooks.of_job(seen.job)),
        now=seen.at,
    )


@dataclass(frozen=True, slots=True)
class Given:
    """One input of a job as a person reads it.

    `uploads` are the files that it names, and `links` says whether this reader may fetch them.
    """

    label: str
    text: str
    uploads: list[StoredFile]
    links: bool


def _deletable(seen: Snapshot, given: list[Given], reader: str) -> bool:
    """Return whether this reader will be able to delete files of the job, now or in the end."""
    has = bool(seen.outputs) or any(one.uploads for one in given)
    return seen.job.owner == reader and (has or not seen.job.state.settled)


def inputs_of(job: Job, kind: Kind | None, uploads: list[StoredFile], reader: str) -> list[Given]:
    """Return a job's inputs in the order of its form, secrets hidden.

    Of a kind that is no longer here nobody knows which inputs are secret, so all of them are.
    """
    asked = questions(kind.inputs) if kind else {}
    by_id = {file.id: file for file in uploads}
    given = []
    for name, value in job.inputs.items():
        secret = kind is None or name in kind.secrets
        question = asked.get(name)
        if question is not None and question.of_files:
            files = [by_id[file] for file in files_in(value) if file in by_id]
            gone = [one for one in _several(value) if one["id"] not in by_id]
            words = f"deleted: {shown(gone)}" if gone else ""
            given.append(Given(question.label, words, files, job.owner == reader))
            continue
        as_json = question is not None and question.sort is Sort.JSON
        text = json.dumps(value, ensure_ascii=False, indent=1) if as_json else shown(value)
        label = question.label if question else name
        given.append(Given(label, HIDDEN if secret else text, [], links=False))
    return given


def files_in(value: Any) -> list[str]:
    """Return the ids of the files that a stored input names."""
    return [one["id"] for one in _several(value)]


def _several(value: Any) -> list[Any]:
    return [one for one in (value if isinstance(value, list) else [value]) if one]


@blueprint.get("/<job_id>/log")
def log(job_id: str) -> Response:
    """Send the whole log as a text file, read piece by piece as it is sent."""
    ledger = services().ledger
    job = ledger.jobs.get(job_id)
    response = Response(log_text(ledger, job_id), mimetype="text/plain")
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"{job.kind}-{job.id[-8:]}.log"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def log_text(ledger: Ledger, job_id: str, after: Cursor = START) -> Iterator[str]:
    """Yield the log's lines that follow a place, with time, attempt and level, but no colours."""
    for line in ledger.logs.whole(job_id, after):
        text = plain(line.text)
        yield f"{line.at:%Y-%m-%d %H:%M:%S}Z  {line.attempt}  {line.level:<8} {text}\n"
