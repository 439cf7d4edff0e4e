"""A form filled in as an earlier job or a preset was: what fits, what not, and what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from ledger import Ledger
from ledger.presets import Preset
from ledger.record import Job, StoredFile
from tasks.alike import signature_of
from tasks.inputs import Upload, shown, to_row
from tasks.kind import Kind
from webapp import uploads
from webapp.changes import Change, changes
from webapp.forms import JobForm
from webapp.mistakes import Mistake, WrongInputs
from webapp.questions import JSONSchema, Question, Sort, questions, sort_of
from webapp.submission import Given, inputs_of


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values come from: a job, or a preset, whose inputs are raw."""

    inputs: Mapping[str, Any]
    owner: str
    signature: str | None
    job: Job | None = None
    preset: Preset | None = None

    @classmethod
    def of_job(cls, job: Job) -> "Source":
        """Return a job as a source."""
        return cls(job.inputs, job.owner, job.signature, job=job)

    @classmethod
    def of_preset(cls, preset: Preset) -> "Source":
        """Return a preset as a source."""
        return cls(preset.inputs, preset.owner, preset.signature, preset=preset)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a form is filled with.

    `secrets` are the inputs that are not restored, for they are or were secret. `texts` and `files`
    are by input, `notes` are words to show beside one, `changes` is what has
    changed in the form, and `mistakes` is why a value that is kept can't be submitted.
    """

    source: Source
    changes: Sequence[Change]
    secrets: frozenset[str]
    texts: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[StoredFile]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def note(self, name: str, words: str) -> None:
        """Have words shown beside an input."""
        self.notes.setdefault(name, []).append(words)


def restore(ledger: Ledger, kind: Kind, source: Source, reader: str) -> Restored:
    """Return a form of the kind as the source filled it, for this reader.

    Secrets are never restored. Raises:
        LedgerUnavailable: the database does not answer.
    """
    before = ledger.signatures.get(source.signature)
    found = changes(before, signature_of(kind).asked, source.inputs.keys())
    restored = Restored(source, found, secrets_in(kind, before))
    asked = questions(kind.inputs)
    for name, question in asked.items():
        if name in restored.secrets:
            if source.preset or source.inputs.get(name):
                restored.note(name, "A secret is never filled in from before: type it again.")
        elif name in source.inputs:
            _fill(restored, ledger, question, reader)
    for change in found:
        if change.field in asked:
            restored.note(change.field, f"It {change.words}.")
    _check(restored, kind)
    return restored


def secrets_in(kind: Kind, before: JSONSchema | None) -> frozenset[str]:
    """Return the inputs that are secret, or were when somebody gave them."""
    asked = before["properties"] if before is not None else {}
    was = {name for name in asked if before and sort_of(before, name)[0] is Sort.SECRET}
    return kind.secrets | was


def _fill(restored: Restored, ledger: Ledger, question: Question, reader: str) -> None:
    name, value = question.name, restored.source.inputs[question.name]
    if question.of_files:
        _fill_files(restored, ledger, question, reader)
    else:
        restored.texts[name] = texts_of(question, value)
        stray = [one for one in restored.texts[name] if one and one not in question.choices]
        if stray and question.choices:
            restored.note(name, f"It was {', '.join(stray)}.")


def _fill_files(restored: Restored, ledger: Ledger, question: Question, reader: str) -> None:
    source = restored.source
    value = source.inputs[question.name]
    several = value if isinstance(value, list) else [value]
    given = [one for one in several if isinstance(one, Mapping) and "id" in one]
    files, wrong = uploads.known(ledger, question, [one["id"] for one in given], reader)
    files = files if question.sort is Sort.FILES else files[-1:]
    restored.files[question.name] = files
    restored.mistakes.extend(wrong if len(files) == len(given) else [])
    why = "is deleted" if source.owner == reader else f"is {source.owner}'s, or deleted"
    here = {file.id for file in files}
    for one in given:
        if one["id"] not in here:
            words = f"{one['name']} {why}: choose it again."
            restored.mistakes.append(Mistake(question.name, words))


def texts_of(question: Question, value: Any) -> list[str]:
    """Return a stored value as it is typed, also one of a type that the question had before."""
    if value is None:
        return []
    if question.sort is Sort.JSON:
        return list(question.write(value))
    several = value if isinstance(value, list) else [value]
    if question.several:
        return list(question.write([shown(one) if _odd(one) else one for one in several]))
    if len(several) == 1 and not _odd(several[0]):
        return list(question.write(several[0]))
    return [shown(value)]


def _odd(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _check(restored: Restored, kind: Kind) -> None:
    """Say what can't be submitted as it is, but for secrets, which are told already."""
    form = JobForm(kind, 0, MultiDict(filled_texts(kind, restored.texts)))
    values = form.values()
    for name, files in restored.files.items():
        found = [Upload.of(file) for file in files]
        several = questions(kind.inputs)[name].sort is Sort.FILES
        values[name] = found if several else (found[0] if found else values[name])
    asked = Given(values, restored.files, list(restored.mistakes))
    try:
        inputs = inputs_of(kind, asked)
    except WrongInputs as error:
        # What was not given is told when it is submitted, and secrets are told already.
        given = restored.source.inputs.keys() - restored.secrets | {""}
        restored.mistakes[:] = [one for one in error.mistakes if one.field in given]
    else:
        if restored.source.job is not None:
            _compare(restored, to_row(inputs), kind)


def _compare(restored: Restored, row: Mapping[str, Any], kind: Kind) -> None:
    """Say where a field can't hold exactly what was given, as an empty line in a list."""
    for name, value in row.items():
        was = restored.source.inputs.get(name, value)
        if (
            was != value
            and not questions(kind.inputs)[name].of_files
            and name not in restored.secrets
        ):
            restored.note(name, f"It was {was!r}, which this field can't hold as it was.")


def filled_texts(kind: Kind, texts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the texts of a whole form: these, and defaults where there are none."""
    asked = questions(kind.inputs)
    return {name: list(texts.get(name, one.default)) for name, one in asked.items()}
