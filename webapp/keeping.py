"""What a preset keeps of a form, complete or not, and what running one again with changes takes."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.presets import Filled
from tasks.alike import signature_of
from tasks.inputs import Upload
from tasks.kind import Kind
from webapp.mistakes import Mistake, WrongInputs
from webapp.questions import ABSENT, questions
from webapp.submission import Given, inputs_of

LONGEST_NAME: Final = 80  # characters


def to_keep(kind: Kind, given: Given) -> Filled:
    """Return what a preset of this form keeps: what was answered, without secrets.

    Raises:
        WrongInputs: an answer will not do. What was not answered can be when it is used.
    """
    values = {
        name: value
        for name, value in given.values.items()
        if value is not ABSENT and name not in kind.secrets
    }
    try:
        inputs_of(kind, given)
    except WrongInputs as error:
        wrong = [one for one in error.mistakes if one.field in values or one in given.mistakes]
        if wrong:
            raise WrongInputs(wrong) from error
    row = {name: _plain(value) for name, value in values.items()}
    used = list(dict.fromkeys(file.id for files in given.files.values() for file in files))
    return Filled(row, used, signature_of(kind).digest)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.model_dump() if isinstance(value, Upload) else value


def name_of_preset(text: str) -> str:
    """Return the name that a person gave a preset, without spaces around it.

    Raises:
        WrongInputs: it can't be one.
    """
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise WrongInputs([Mistake("name", f"A name has 1 to {LONGEST_NAME} characters.")])
    return name


def with_changes(
    kind: Kind,
    inputs: Mapping[str, Any],
    wanted: Mapping[str, Any],
    secrets: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return stored inputs as raw values that can be submitted again, with some of them changed.

    Secrets are not taken over, `secrets` nor those of the kind, nor inputs that the kind does not
    ask for any more.
    """
    asked = questions(kind.inputs)
    kept = {
        name: value
        for name, value in inputs.items()
        if name in asked and name not in kind.secrets | secrets and name not in wanted
    }
    return kept | dict(_given(wanted))


def _given(wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((name, value) for name, value in wanted.items() if value is not ABSENT)
