"""From what somebody gave to an accepted job: the page, the API and the command line meet here."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from ledger import Ledger
from ledger.record import StoredFile
from tasks.inputs import Upload, to_row
from tasks.kind import Kind
from webapp import uploads
from webapp.mistakes import Mistake, WrongInputs, mistakes_in
from webapp.questions import ABSENT, Question, Sort, questions
from webapp.uploads import Incoming


class UnknownKind(Exception):
    """Nobody has declared a kind of this name; `kinds` are those that there are."""

    def __init__(self, name: str, kinds: Iterable[Kind]) -> None:
        self.kinds = tuple(kinds)
        names = ", ".join(kind.name for kind in self.kinds)
        super().__init__(f"No kind of job is called {name}. There are: {names}.")


def find(kinds: Mapping[str, Kind], name: str) -> Kind:
    """Return the kind of this name.

    Raises:
        UnknownKind: there is none.
    """
    if name not in kinds:
        raise UnknownKind(name, kinds.values())
    return kinds[name]


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gave for a job, before it is known whether it will do.

    `values` are raw, but for files, which are `Upload`s; `files` are the same files by input, and
    `mistakes` is what is wrong with others.
    """

    values: Mapping[str, Any]
    files: Mapping[str, list[StoredFile]]
    mistakes: list[Mistake]


def gather(
    ledger: Ledger,
    kind: Kind,
    values: Mapping[str, Any],
    arrived: Iterable[tuple[Question, Incoming]],
    owner: str,
) -> Given:
    """Put files that arrived now beside the values, and uploads in the place of their ids.

    Args:
        ledger: where the files are.
        kind: what is to be done.
        values: raw; a file that was uploaded earlier is given by its id, or as a job shows it.
        arrived: files, each with the question that it answers.
        owner: whose uploads can be named, and whose these become.

    Raises:
        StorageError: a file could not be stored.
        OverQuota: the owner has no room for files, and so none for a job's.
        LedgerUnavailable: the database does not answer.
    """
    ledger.quota.require(owner)
    kept, mistakes = uploads.keep(arrived, owner)
    return _gathered(ledger, kind, values, kept, mistakes, owner)


def _gathered(  # noqa: PLR0913, PLR0917 - each is a part of what is given
    ledger: Ledger,
    kind: Kind,
    values: Mapping[str, Any],
    kept: Mapping[str, list[StoredFile]],
    mistakes: list[Mistake],
    owner: str,
) -> Given:
    values = dict(values)
    files = {}
    for question in questions(kind.inputs).values():
        if not question.of_files:
            continue
        earlier, wrong = uploads.known(ledger, question, _ids(values.get(question.name)), owner)
        mistakes = mistakes + wrong
        found = earlier + kept.get(question.name, [])
        files[question.name] = found if question.sort is Sort.FILES else found[-1:]
        _put(values, question, [Upload.of(file) for file in files[question.name]])
    return Given(values, files, mistakes)


def _ids(value: Any) -> list[str]:
    several = value if isinstance(value, list) else [value]
    given = [one.get("id") if isinstance(one, Mapping) else one for one in several]
    return [str(one) for one in given if one is not None and one is not ABSENT]


def _put(values: dict[str, Any], question: Question, found: list[Upload]) -> None:
    if found:
        values[question.name] = found if question.sort is Sort.FILES else found[0]
    elif values.get(question.name):
        del values[question.name]  # None of the files that it names is there.


def inputs_of(kind: Kind, given: Given) -> BaseModel:
    """Return the typed inputs.

    Raises:
        WrongInputs: with everything that is wrong.
    """
    mistakes = list(given.mistakes)
    told = {mistake.field for mistake in mistakes}
    values = {name: value for name, value in given.values.items() if value is not ABSENT}
    try:
        inputs = kind.parse(values)
    except ValidationError as error:
        found = [one for one in mistakes_in(error) if one.field not in told]
        raise WrongInputs(mistakes + found) from error
    if mistakes:
        raise WrongInputs(mistakes)
    return inputs


def inputs_of_each(
    ledger: Ledger,
    kinds: Mapping[str, Kind],
    asked: Sequence[tuple[str, Mapping[str, Any]]],
    owner: str,
) -> list[tuple[Kind, BaseModel]]:
    """Return the kinds and the typed inputs of many jobs, which can name files uploaded earlier.

    Args:
        ledger: where the files are.
        kinds: by name.
        asked: the name of a kind and raw values, for each job.
        owner: whose uploads can be named.

    Raises:
        WrongInputs: with everything that is wrong in any of them; the field is written as in
            `17.name`, the job's place counted from 0, or `17.kind` where there is no such kind.
        OverQuota: the owner has no room for files, and so none for a job's.
        LedgerUnavailable: the database does not answer.
    """
    ledger.quota.require(owner)
    typed, mistakes = [], []
    for place, (name, values) in enumerate(asked):
        try:
            kind = find(kinds, name)
            inputs = inputs_of(kind, _gathered(ledger, kind, values, {}, [], owner))
        except UnknownKind as error:
            mistakes.append(Mistake(f"{place}.kind", str(error)))
        except WrongInputs as error:
            mistakes += [Mistake(f"{place}.{one.field}", one.message) for one in error.mistakes]
        else:
            typed.append((kind, inputs))
    if mistakes:
        raise WrongInputs(mistakes)
    return typed


def same_jobs(ledger: Ledger, batch: str, typed: Sequence[tuple[Kind, BaseModel]]) -> bool:
    """Return whether a batch is of these kinds and inputs, in this order."""
    told = [(kind.name, without_ids(to_row(inputs))) for kind, inputs in typed]
    return told == [(kind, without_ids(row)) for kind, row in ledger.batches.asked(batch)]


def key_of_form(form_key: str, kind: Kind, inputs: BaseModel) -> str:
    """Return the idempotency key of a form that was sent with these inputs.

    The same form sent twice is one job; sent again from the browser's history with other inputs it
    is another. A file sent twice is the same file, whatever its new id.
    """
    row = json.dumps([form_key, kind.name, without_ids(to_row(inputs))], sort_keys=True)
    return f"form {hashlib.sha256(row.encode()).hexdigest()}"


def without_ids(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return stored inputs with files told by name and bytes alone."""
    return {name: _told(value) for name, value in row.items()}


def _told(value: Any) -> Any:
    if isinstance(value, list):
        return [_told(one) for one in value]
    if isinstance(value, Mapping) and "sha256" in value:
        return {"name": value["name"], "sha256": value["sha256"]}
    return value
