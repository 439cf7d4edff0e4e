"""A kind's questions as options of a command: how they are offered, and what was answered."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

import click

from ledger.files import Files
from tasks.kind import Kind
from webapp.hints import hint
from webapp.mistakes import Mistake, WrongInputs
from webapp.questions import Question, Sort, questions
from webapp.uploads import PIECE, Incoming

Given = Mapping[str, Any]

_METAVARS: Final[Mapping[Sort, str]] = {
    Sort.NUMBER: "NUMBER",
    Sort.DATE: "DATE",
    Sort.MOMENT: "MOMENT",
    Sort.TIME: "TIME",
    Sort.FILE: "FILE",
    Sort.FILES: "FILE",
    Sort.JSON: "JSON",
    Sort.CHOICE: "CHOICE",
    Sort.CHOICES: "CHOICE",
}
NARROW: Final = 40  # characters of choices that stand beside an option's name


def options(kind: Kind, max_upload: int) -> list[click.Parameter]:
    """Return an option for each question of a kind.

    None of them is required: the kind's model says all that is missing or wrong at once.
    """
    return [_option(question, max_upload) for question in questions(kind.inputs).values()]


def _option(question: Question, max_upload: int) -> click.Option:
    flag = f"--{question.name.replace('_', '-')}"
    text = _help(question, max_upload)
    if question.sort is Sort.SWITCH:
        both = f"{flag}/--no-{flag.removeprefix('--')}"
        return click.Option([both, question.name], default=None, help=text)
    choices = "|".join(question.choices)
    return click.Option(
        [flag, question.name],
        multiple=question.several,
        metavar=choices if 0 < len(choices) <= NARROW else _METAVARS.get(question.sort, "TEXT"),
        help=text,
    )


def _help(question: Question, max_upload: int) -> str:
    about = [question.description, hint(question, max_upload)]
    if len("|".join(question.choices)) > NARROW:
        about.append(f"one of: {', '.join(question.choices)}")
    if question.several:
        about.append("can be given several times")
    if question.required:
        about.append("needed")
    elif question.default and question.default[0]:
        about.append(f"by default {', '.join(question.default)}".replace("\n", ", "))
    return "; ".join(part.rstrip(".") for part in about if part)


def texts(kind: Kind, given: Given) -> dict[str, list[str]]:
    """Return what was given for each question, as text; questions without an answer are left out.

    A secret that is needed and was not given is asked for, so that no shell remembers it.
    """
    found = {}
    for name, question in questions(kind.inputs).items():
        value = given[name]
        if value is None and question.sort is Sort.SECRET and question.required:
            value = click.prompt(question.label, hide_input=True, err=True)
        if isinstance(value, bool):
            found[name] = [str(value).lower()]
        elif value is not None and value != ():
            found[name] = list(value) if question.several else [value]
    return found


def files_in(
    kind: Kind, given: Mapping[str, list[str]], files: Files, limit: int, stack: ExitStack
) -> Iterator[tuple[Question, Incoming]]:
    """Store the files that were given by their paths; those that nobody keeps go with the stack.

    Raises:
        WrongInputs: a file can't be read.
        TooLarge: a file has more bytes than the limit.
        StorageError: the storage refuses.
    """
    for name, paths in given.items():
        question = questions(kind.inputs)[name]
        if question.of_files:
            for path in paths:
                incoming = stack.enter_context(closing(Incoming(files, Path(path).name, limit)))
                _copy(Path(path), incoming, question)
                yield question, incoming


def _copy(path: Path, incoming: Incoming, question: Question) -> None:
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                incoming.write(piece)
    except OSError as error:
        wrong = f"{path} can't be read: {error.strerror}."
        raise WrongInputs([Mistake(question.name, wrong)]) from error
