"""`submit KIND --from FILE`: a batch from a file with a job a line, at a terminal."""

import hashlib
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import click

from ledger.record import State
from tasks.kind import Kind
from tasks.queue import submit_many
from webapp.mistakes import WrongInputs
from webapp.questions import ABSENT, Sort, from_json, questions
from webapp.services import services
from webapp.submission import Given, inputs_of_each, same_jobs

PAUSE: Final = 0.5  # seconds

USED: Final = "This key was used before, for something else. Nothing was done."


def key_of(word: str | None, what: str) -> str | None:
    """Return the idempotency key for a word of any length, apart from those of programs."""
    digest = word and hashlib.sha256(f"{what} {word}".encode()).hexdigest()
    return digest and f"terminal {digest}"


def submit_lines(
    kind: Kind, lines: Iterable[str], common: Given, owner: str, key: str | None
) -> str:
    """Submit a job for each line, a JSON object of inputs, and return the batch's id.

    Args:
        kind: what is to be done.
        lines: an empty one is passed over.
        common: what goes for every line that says nothing else.
        owner: whose jobs.
        key: whoever comes again with the same one gets the same batch.

    Raises:
        click.ClickException: with everything that is wrong in any line; nothing was done.
        LedgerError: as with other submits.
    """
    found = services()
    asked, wrong = _read(lines)
    before = _values(kind, common)
    try:
        typed = inputs_of_each(
            found.ledger,
            found.kinds,
            [(kind.name, before | values) for _, values in asked],
            owner,
        )
    except WrongInputs as error:
        for one in error.mistakes:
            place, _, field = one.field.partition(".")
            number = asked[int(place)][0]
            wrong.append((number, f"line {number}, {field}: {one.message}"))
    if wrong:
        told = [words for _, words in sorted(wrong, key=lambda one: one[0])]
        raise click.ClickException("\n  ".join(["Nothing was done.", *told]))
    try:
        accepted = submit_many(
            found.ledger, found.publisher, typed, owner=owner, idempotency_key=key
        )
    except ValueError as error:
        raise click.ClickException(f"{error}. Nothing was done.") from error
    if not accepted.new and not same_jobs(found.ledger, accepted.batch, typed):
        raise click.ClickException(USED)
    return accepted.batch


def _read(lines: Iterable[str]) -> tuple[list[tuple[int, Any]], list[tuple[int, str]]]:
    """Return what each line says, and what is wrong with others, both with the line's number."""
    asked, wrong = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            values = from_json(line)
        except ValueError as error:
            wrong.append((number, f"line {number}: This is not JSON: {error}."))
            continue
        if isinstance(values, Mapping):
            asked.append((number, values))
        else:
            wrong.append((number, f"line {number}: This is not a JSON object."))
    return asked, wrong


def _values(kind: Kind, common: Given) -> dict[str, Any]:
    values = {name: value for name, value in common.values.items() if value is not ABSENT}
    for name, files in common.files.items():
        ids = [file.id for file in files]
        if ids:
            values[name] = ids if questions(kind.inputs)[name].sort is Sort.FILES else ids[0]
    return values


def wait_for(batch_id: str) -> None:
    """Wait until all jobs of a batch have ended; exit 1 unless all succeeded."""
    batches = services().ledger.batches
    click.echo(f"Accepted: batch {batch_id}", err=True)
    while not (found := batches.get(batch_id)).settled:
        time.sleep(PAUSE)
    told = ", ".join(f"{number} {state}" for state, number in found.states.items())
    click.echo(told, err=True)
    if found.states.keys() != {State.SUCCESS}:
        sys.exit(1)
