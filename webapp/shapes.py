"""What the API says of jobs, lines, files and kinds, as JSON that hides every secret."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from flask import url_for
from pydantic import BaseModel, ConfigDict

from ledger import quota, record
from ledger.record import Cause, State, StoredFile
from tasks import kind as kinds
from tasks.ansi import plain
from tasks.inputs import HIDDEN


class Shape(BaseModel):
    """A JSON object that the API answers with."""

    model_config = ConfigDict(frozen=True)

    def answer(self) -> dict[str, Any]:
        """Return it as Flask sends it."""
        return self.model_dump(mode="json")


class Progress(Shape):
    """How far a job is; without a total nobody knows how much there is."""

    done: float
    total: float | None
    text: str


class Error(Shape):
    """Why a job failed."""

    type: str
    message: str


class Links(Shape):
    """Where more is to be found; `page` is for people."""

    self: str
    log: str
    files: str
    page: str


class Job(Shape):
    """A job as it stands; where it is `held`, it is sent when its owner's limit lets it go."""

    id: str
    kind: str
    inputs: dict[str, Any]
    owner: str
    queue: str
    priority: int
    batch: str | None
    state: State
    cause: Cause | None
    attempt: int
    submitted_at: datetime
    sent_at: datetime | None
    held: bool
    due_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    retried_from: str | None
    progress: Progress
    result: Any
    error: Error | None
    links: Links

    @classmethod
    def of(cls, job: record.Job, kind: kinds.Kind | None) -> Self:
        """Return a job of the ledger.

        Args:
            job: as the ledger knows it.
            kind: its kind, or None if there is no such kind any more; then nobody knows which of
                its inputs are secret, so all of them are hidden.
        """
        progress, error = job.progress, job.error
        return cls(
            inputs=without_secrets(job.inputs, kind),
            progress=Progress(done=progress.done, total=progress.total, text=progress.text),
            error=Error(type=error.type, message=error.message) if error else None,
            links=Links(
                self=url_for("api.show", job_id=job.id),
                log=url_for("api.log", job_id=job.id),
                files=url_for("api.files", job_id=job.id),
                page=url_for("jobs.show", job_id=job.id),
            ),
            **{name: getattr(job, name) for name in _AS_IT_IS},
        )


_AS_IT_IS = Job.model_fields.keys() - {"inputs", "progress", "error", "links"}


class Jobs(Shape):
    """A page of jobs; `next` is the address of the next page, or null."""

    jobs: list[Job]
    next: str | None


class Line(Shape):
    """A line of a job's log."""

    attempt: int
    number: int
    at: datetime
    level: str
    text: str


class Log(Shape):
    """Lines of a log; `next` is the cursor after which further ones will be."""

    lines: list[Line]
    next: str

    @classmethod
    def of(cls, lines: Iterable[record.LogLine], last: str) -> Self:
        """Return lines of the ledger, and where they end."""
        names = Line.model_fields.keys() - {"text"}
        shaped = [
            Line(text=plain(line.text), **{name: getattr(line, name) for name in names})
            for line in lines
        ]
        return cls(lines=shaped, next=last)


class File(Shape):
    """A file that a job has made; `size` is in bytes, and `url` is where they are."""

    name: str
    media_type: str
    size: int
    sha256: str
    url: str


class Files(Shape):
    """The files that a job has made; `zip` is where all of them are in one."""

    files: list[File]
    zip: str

    @classmethod
    def of(cls, job_id: str, files: Iterable[StoredFile]) -> Self:
        """Return outputs of a job."""
        names = File.model_fields.keys() - {"url"}
        return cls(
            zip=url_for("api.files_as_zip", job_id=job_id),
            files=[
                File(
                    url=url_for("api.file", job_id=job_id, name=file.name),
                    **{name: getattr(file, name) for name in names},
                )
                for file in files
            ],
        )


class Kind(Shape):
    """A kind of job; `inputs` is a JSON schema, `time_limit` is in seconds."""

    name: str
    title: str
    help: str
    time_limit: float
    inputs: dict[str, Any]
    page: str

    @classmethod
    def of(cls, kind: kinds.Kind) -> Self:
        """Return a kind as it was declared."""
        names = ("name", "title", "help", "time_limit")
        return cls(
            inputs=schema_of(kind),
            page=url_for("new.show", kind=kind.name),
            **{name: getattr(kind, name) for name in names},
        )


class Kinds(Shape):
    """Every kind of job."""

    kinds: list[Kind]


class Mistake(Shape):
    """What is wrong with an input."""

    field: str
    message: str


class Kept(Shape):
    """A file that takes room; `url` is the page of what uses it, by which it goes, or null.

    One that is `unfinished` is an upload of which a part is here.
    """

    name: str
    size: int
    url: str | None
    unfinished: bool

    @classmethod
    def of(cls, file: quota.Kept) -> Self:
        """Return a file of the ledger."""
        url = url_for("jobs.show", job_id=file.job) if file.job else None
        if file.preset:
            url = url_for("presets.show", preset_id=file.preset)
        return cls(name=file.name, size=file.size, url=url, unfinished=file.unfinished)


class Problem(Shape):
    """Why there is no other answer, after RFC 9457; `errors` is all that is wrong with inputs."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Mistake] = []
    kinds: list[str] = []
    files: list[Kept] = []


def without_secrets(inputs: Mapping[str, Any], kind: kinds.Kind | None) -> dict[str, Any]:
    """Return stored inputs with secrets hidden; all of them, if their kind is unknown."""
    secrets = inputs.keys() if kind is None else kind.secrets
    return {name: HIDDEN if name in secrets else value for name, value in inputs.items()}


def schema_of(kind: kinds.Kind, definitions: str = "#/$defs/{model}") -> dict[str, Any]:
    """Return the JSON schema of a kind's inputs, without the defaults of secrets.

    Args:
        kind: whose inputs.
        definitions: where references lead; `{model}` is what they refer to.
    """
    schema = kind.inputs.model_json_schema(ref_template=definitions)
    for name in kind.secrets:
        schema["properties"][name].pop("default", None)
    return {**schema, "title": kind.title, "description": kind.help}
