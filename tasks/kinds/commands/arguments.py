"""From an entry's command to an argument vector: placeholders filled in, empty groups left out.

No shell reads what comes out of here. What a person gave is always one whole word or a part of
one, and never a new word; where it could begin a word that the program takes for an option, the
form refuses a dash at its start.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Formatter

Words = Mapping[str, list[str] | None]
"""The words for each input, by its name; None where nothing was given."""


class BadPlaceholder(Exception):
    """A text of the file has braces that mean nothing."""


def placeholders(text: str) -> list[str]:
    """Return the names of the inputs that a text asks for.

    Raises:
        BadPlaceholder: a brace is alone, or holds more than a name.
    """
    return [name for _literal, name in _parts(text) if name is not None]


def begins_with(text: str) -> str | None:
    """Return the name of the input with which a text begins, or None."""
    literal, name = next(_parts(text), ("", None))
    return None if literal else name


def is_alone(text: str) -> bool:
    """Return whether a text is a placeholder and nothing else."""
    parts = list(_parts(text))
    return len(parts) == 1 and parts[0][0] == "" and parts[0][1] is not None


def _parts(text: str) -> Iterator[tuple[str, str | None]]:
    try:
        for literal, name, detail, conversion in Formatter().parse(text):
            if detail or conversion or (name is not None and not name.isidentifier()):
                raise BadPlaceholder(
                    f"{text!r} is no text with placeholders: they are written as {{name}}"
                )
            yield literal, name
    except ValueError as error:
        raise BadPlaceholder(
            f"{text!r} has a brace that is alone; write {{{{ or }}}} for the brace itself"
        ) from error


def openings(command: Sequence[str | list[str]]) -> Iterator[str]:
    """Yield the names of the inputs that begin an argument which may be taken for an option."""
    for text in flat(command):
        if text == "--":
            return
        name = begins_with(text)
        if name is not None:
            yield name


def flat(command: Sequence[str | list[str]]) -> Iterator[str]:
    """Yield the texts of a command, those of its groups too."""
    for item in command:
        yield from [item] if isinstance(item, str) else item


def filled(text: str, words: Words) -> str | None:
    """Return a text with its placeholders filled in; None where one of them is empty.

    Each input has to have one word at the most.
    """
    pieces = []
    for literal, name in _parts(text):
        pieces.append(literal)
        if name is not None:
            given = words[name]
            if not given:
                return None
            pieces.append(given[0])
    return "".join(pieces)


def vector(command: Sequence[str | list[str]], words: Words) -> list[str]:
    """Return the arguments, the program first.

    A placeholder that stands alone becomes as many arguments as its input has words. A text with
    a placeholder in it, and a group, is there once for each word of the input that has several,
    and not at all where an input is empty.
    """
    arguments: list[str] = []
    for item in command:
        if isinstance(item, str) and is_alone(item):
            arguments += words[placeholders(item)[0]] or []
        else:
            group = [item] if isinstance(item, str) else item
            for one in _each(group, words):
                arguments += _group(group, one)
    return arguments


def _group(group: Iterable[str], words: Words) -> list[str]:
    arguments: list[str] = []
    for text in group:
        if is_alone(text):
            arguments += words[placeholders(text)[0]] or []
        else:
            arguments.append(filled(text, words) or "")
    return arguments


def _each(group: Sequence[str], words: Words) -> Iterator[Words]:
    """Yield the words for each time that the group is there, one of several at a time."""
    names = {name for text in group for name in placeholders(text)}
    if any(words[name] is None for name in names):
        return
    several = [name for name in names if len(words[name] or []) > 1]
    if not several:
        yield words
        return
    (name,) = several
    for word in words[name] or []:
        yield {**words, name: [word]}
