"""What the API says of running again: what would be filled in, what did the same, and presets."""

from datetime import datetime
from typing import Any, Self

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from ledger import presets
from ledger.repeats import Earlier
from tasks import kind as kinds
from tasks.inputs import HIDDEN
from webapp import restored, shapes
from webapp.keeping import LONGEST_NAME


class AgainRequest(BaseModel):
    """Which inputs shall be other than they were."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, Any] = {}


class PresetRequest(BaseModel):
    """What a preset shall be; uploads are named by their ids."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    name: str = Field(max_length=LONGEST_NAME)
    inputs: dict[str, Any] = {}
    shared: bool = False


class Change(shapes.Shape):
    """What has changed in the form of a kind since: the input, and the rest of a sentence."""

    field: str
    label: str
    words: str


class Again(shapes.Shape):
    """What running a job again would begin with; `errors` is why that can't be submitted as it is.

    Secrets are never taken over: they are hidden here, and must be given again.
    """

    kind: str
    inputs: dict[str, Any]
    changes: list[Change]
    errors: list[shapes.Mistake]
    page: str

    @classmethod
    def of(cls, found: restored.Restored, kind: kinds.Kind, job_id: str) -> Self:
        """Return what a job's form is filled with."""
        changes = [
            Change(field=one.field, label=one.label, words=one.words) for one in found.changes
        ]
        errors = [shapes.Mistake(field=one.field, message=one.message) for one in found.mistakes]
        asked = {
            name: value
            for name, value in found.source.inputs.items()
            if name in kind.inputs.model_fields
        }
        return cls(
            kind=kind.name,
            inputs={
                name: HIDDEN if name in found.secrets else value for name, value in asked.items()
            },
            changes=changes,
            errors=errors,
            page=url_for("new.show", kind=kind.name, **{"from-job": job_id}),  # type: ignore[arg-type]  # a query
        )


class Same(shapes.Shape):
    """Jobs that did the same: the newest that succeeded, and the newest that waits or runs."""

    done: shapes.Job | None
    open: shapes.Job | None

    @classmethod
    def of(cls, earlier: Earlier, kind: kinds.Kind | None) -> Self:
        """Return what the ledger found."""
        done, waits = earlier.done, earlier.open
        return cls(
            done=shapes.Job.of(done, kind) if done else None,
            open=shapes.Job.of(waits, kind) if waits else None,
        )


class Preset(shapes.Shape):
    """A filled form under a name. Its inputs are as they were given, without secrets."""

    id: str
    kind: str
    name: str
    owner: str
    shared: bool
    inputs: dict[str, Any]
    changed_at: datetime

    @classmethod
    def of(cls, preset: presets.Preset) -> Self:
        """Return a preset of the ledger."""
        return cls(**{name: getattr(preset, name) for name in cls.model_fields})


class Presets(shapes.Shape):
    """The presets that this person may use."""

    presets: list[Preset]
