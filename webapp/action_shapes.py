"""What the API says of actions on many jobs, and how a program asks for one."""

from datetime import datetime
from typing import Self

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger import action_record
from ledger.action_record import Outcome, Stage, Verb
from ledger.actions import MOST_NAMED
from webapp import action_words
from webapp.shapes import Shape


class ActionRequest(BaseModel):
    """What is to be done: to the jobs of these ids, or to all that match a search."""

    model_config = ConfigDict(extra="forbid")

    verb: Verb
    jobs: list[str] = Field([], max_length=MOST_NAMED)
    matching: str | None = None

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if bool(self.jobs) == (self.matching is not None):
            raise ValueError('Say which jobs: by "jobs", a list of ids, or by "matching", a search')
        return self


class Action(Shape):
    """An action as it stands; `tally` says how many jobs had which outcome.

    `undoable` is for how many jobs it can still be undone, until `undo_until`.
    """

    id: str
    verb: Verb
    owner: str
    matching: str | None
    stage: Stage
    goes_on: bool
    matched: int
    handled: int
    tally: dict[Outcome, int]
    told: str
    undoable: int
    asked_at: datetime
    ended_at: datetime | None
    undo_until: datetime | None
    jobs: str
    page: str

    @classmethod
    def of(cls, action: action_record.Action, now: datetime) -> Self:
        """Return an action of the ledger."""
        return cls(
            matching=None if action.matching is None else action.words,
            tally=dict(action.tally),
            told=action_words.told(action),
            undoable=action.undoable(now),
            jobs=url_for("api.jobs_of_action", action_id=action.id),
            page=url_for("actions.show", action_id=action.id),
            **{name: getattr(action, name) for name in _AS_IT_IS},
        )


_AS_IT_IS = Action.model_fields.keys() - {
    *("matching", "tally", "told", "undoable", "jobs", "page")
}


class ActionJob(Shape):
    """One job of an action; `made` is the other job that came of it."""

    job: str
    outcome: Outcome | None
    made: str | None


class ActionJobs(Shape):
    """A page of an action's jobs; `next` is the address of the next page, or null."""

    jobs: list[ActionJob]
    next: str | None
