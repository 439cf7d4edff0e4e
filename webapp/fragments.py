"""The parts of a job's page that change, rendered alike for a reload and for an open page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, Self
from zlib import crc32

from flask.sansio.app import App
from jinja2 import Environment
from markupsafe import Markup

from ledger import Ledger
from ledger.logs import START
from ledger.record import Attempt, Job, LogLine, StoredFile
from tasks.kind import Kind
from webapp import words

NAMES: Final = ("state", "actions", "progress", "result", "attempts")
LARGEST: Final = 1 << 31  # what a database keeps as a number
PIECE: Final = 2000  # lines of a log that one update carries at the most

Cursor = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the ledger said of a job, and what its log says after `after`.

    `complete` is False where the log has more lines than were read: ask again from `seen`.
    """

    job: Job
    attempts: list[Attempt]
    outputs: list[StoredFile]
    lines: list[LogLine]
    after: Cursor
    complete: bool
    at: datetime

    @property
    def seen(self) -> Cursor:
        """Where the next snapshot's log begins."""
        return (self.lines[-1].attempt, self.lines[-1].number) if self.lines else self.after

    @property
    def settled(self) -> bool:
        """Whether nothing will follow."""
        return self.job.state.settled and self.complete


def snapshot(ledger: Ledger, job_id: str, after: Cursor = START) -> Snapshot:
    """Read a job with the next PIECE lines of its log after the cursor.

    Raises:
        NoSuchJob: there is none of this id.
        LedgerUnavailable: the ledger does not answer.
    """
    # The row first: when it says settled, everything read after it is complete.
    job = ledger.jobs.get(job_id)
    lines = ledger.logs.after(job_id, after, PIECE)
    return _around(ledger, job, lines, after, complete=len(lines) < PIECE)


def newest(ledger: Ledger, job_id: str, limit: int) -> Snapshot:
    """Read a job with the newest lines of its log; `after` is START if those are all of them.

    Raises:
        NoSuchJob: there is none of this id.
        LedgerUnavailable: the ledger does not answer.
    """
    job = ledger.jobs.get(job_id)
    lines = ledger.logs.last(job_id, limit + 1)
    left_out, lines = lines[:-limit], lines[-limit:]
    after = (left_out[-1].attempt, left_out[-1].number) if left_out else START
    return _around(ledger, job, lines, after, complete=True)


def _around(
    ledger: Ledger, job: Job, lines: list[LogLine], after: Cursor, *, complete: bool
) -> Snapshot:
    return Snapshot(
        job=job,
        attempts=ledger.jobs.attempts(job.id) if job.attempt else [],
        outputs=ledger.files.outputs_of(job.id) if job.state.settled else [],
        lines=lines,
        after=after,
        complete=complete,
        at=datetime.now(UTC),
    )


@dataclass(frozen=True, slots=True)
class Fragment:
    """A rendered part; two of the same `mark` show the same."""

    mark: str
    html: Markup


@dataclass(frozen=True)
class Update:
    """Everything that a page needs to show a job as it stands; it says nothing of who looks."""

    revision: int
    after: Cursor
    seen: Cursor
    complete: bool
    settled: bool
    title: str
    tone: str
    fragments: Mapping[str, Fragment]
    log: Markup

    def as_json(self) -> dict[str, Any]:
        """Return what the page's script reads."""
        return {
            "revision": self.revision,
            "after": written(self.after),
            "cursor": written(self.seen),
            "complete": self.complete,
            "settled": self.settled,
            "title": self.title,
            "tone": self.tone,
            "fragments": {
                name: {"mark": part.mark, "html": part.html}
                for name, part in self.fragments.items()
            },
            "log": self.log,
        }

    @cached_property
    def json(self) -> str:
        """The same as text, written once for all who are sent it."""
        return json.dumps(self.as_json(), separators=(",", ":"))


class Renderer:
    """Renders outside of any request, so that one rendering serves everybody who looks.

    Args:
        environment: where the templates are.
        kinds: by name, for their titles.
        url_for: builds the links of this console.
    """

    def __init__(
        self, environment: Environment, kinds: Mapping[str, Kind], url_for: Callable[..., str]
    ) -> None:
        self._environment = environment
        self._kinds = kinds
        self._url_for = url_for

    @classmethod
    def of(cls, app: App, kinds: Mapping[str, Kind]) -> Self:
        """Return the renderer with an app's templates and addresses."""
        links = app.url_map.bind("", script_name=app.config["APPLICATION_ROOT"])

        def url_for(endpoint: str, **values: Any) -> str:
            return links.build(endpoint, values)

        return cls(app.jinja_env, kinds, url_for)

    def update(self, seen: Snapshot) -> Update:
        """Render a snapshot."""
        return Update(
            revision=seen.job.revision,
            after=seen.after,
            seen=seen.seen,
            complete=seen.complete,
            settled=seen.settled,
            title=title(seen.job, self._kinds.get(seen.job.kind), seen.at),
            tone=words.label(seen.job, seen.at).tone,
            fragments={name: self._fragment(name, seen) for name in NAMES},
            log=self._render("_log.html", seen),
        )

    def _fragment(self, name: str, seen: Snapshot) -> Fragment:
        html = self._render(f"_{name}.html", seen)
        return Fragment(f"{crc32(html.encode()):08x}", html)

    def _render(self, template: str, seen: Snapshot) -> Markup:
        html = self._environment.get_template(template).render(
            seen=seen, job=seen.job, now=seen.at, url_for=self._url_for
        )
        return Markup(html.strip())  # noqa: S704 - a template of ours, which escapes


def title(job: Job, kind: Kind | None, now: datetime) -> str:
    """Return what the browser's tab says: the state first, for a tab is narrow."""
    percent = job.progress.percent
    far = f" {percent:.0f} %" if percent is not None and not job.state.settled else ""
    return f"{words.label(job, now).word}{far} · {kind.title if kind else job.kind}"


def written(cursor: Cursor) -> str:
    """Return a cursor as pages and streams carry it."""
    return f"{cursor[0]}.{cursor[1]}"


def read_cursor(text: str) -> Cursor:
    """Return a cursor that a page sent back.

    Raises:
        ValueError: no page of ours wrote this.
    """
    attempt, number = (int(part) for part in text.split("."))
    if not (0 <= attempt < LARGEST and 0 <= number < LARGEST):
        raise ValueError(f"{text} is beyond every log")
    return attempt, number
