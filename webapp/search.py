"""What a person types to say which jobs are meant, read into a filter or answered with mistakes.

    state:failed,crashed kind:images by:me since:yesterday "connection refused" holid*

Days and times of day are in UTC, as everywhere before a page's script puts them in the reader's
own zone.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final

from ledger.cards import has_a_word
from ledger.filters import OF_STATE, QUALIFIERS, Filter, Standing
from webapp.mistakes import Mistake, WrongInputs

# A part ends at a space outside of quotes. A quote that nobody closes reaches to the end.
_PART = re.compile(r'(?:"(?:[^"]|"")*(?:"|$)|[^\s"])+')
_QUALIFIED = re.compile(r"([A-Za-z]+):(.*)", re.DOTALL)
_LEFT_OUT = re.compile(r"-([A-Za-z]+):.*", re.DOTALL)
_VALUE = re.compile(r'(?:"(?:[^"]|"")*(?:"|$)|[^,"])+')
_AGO = re.compile(r"(\d{1,4})(min|m|h|d|w)")
_UNITS: Final = {"min": "minutes", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS: Final = {"today": 0, "yesterday": 1}

MOMENTS: Final = ("today", "yesterday", "1h", "24h", "7d", "30d")  # as examples
_OTHER_WORDS: Final[Mapping[str, tuple[Standing, ...]]] = {
    **{str(state).lower(): standings for state, standings in OF_STATE.items()},
    "canceled": (Standing.CANCELLED,),
    "quarantined": (Standing.CRASHED,),
    "timed-out": (Standing.TIMEOUT,),
    "ended": (Standing.SETTLED,),
}
FIELDS: Final[Mapping[str, str]] = {word: name for name, word in QUALIFIERS.items()}


@dataclass(frozen=True, slots=True)
class Around:
    """What a search is read against: who asks, when, and what there is to be named."""

    me: str
    now: datetime
    kinds: Collection[str] = ()
    queues: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the search as it was typed: a qualifier with its values, or words."""

    text: str
    qualifier: str | None
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it was typed, and what it means; with mistakes, the filter means nothing.

    `doubts` are sentences about names that nothing has, which may be right all the same.
    """

    text: str
    parts: tuple[Part, ...]
    filter: Filter
    mistakes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def without(self, part: Part) -> str:
        """Return the text with a part taken out."""
        return " ".join(one.text for one in self.parts if one is not part)

    def but(self, qualifier: str, value: str | None) -> str:
        """Return the text with another value of a qualifier, or with none."""
        others = [one.text for one in self.parts if one.qualifier != qualifier]
        return " ".join([f"{qualifier}:{value}"] * (value is not None) + others)


class NotUnderstood(ValueError):
    """A value that a qualifier does not take; the message says what it does take."""


def parse(text: str, around: Around) -> Search:
    """Read a search. It never fails: what is wrong is told in `mistakes`, all of it."""
    parts = tuple(_parts(text))
    values: dict[str, Any] = {}
    mistakes = ["A quotation mark is opened and not closed."] * (text.count('"') % 2)
    for part in parts:
        try:
            _add(values, part, around)
        except NotUnderstood as error:
            mistakes.append(str(error))
    silent = [part.text for part in parts if _is_silent(part)]
    if silent and not has_a_word(values.get("words", ())):
        # To leave it out would mean all jobs, and somebody may be about to delete those.
        mistakes.append(f"Only letters and digits are searched for: {_listed(silent)} has none.")
    if mistakes:
        return Search(text, parts, Filter(), tuple(mistakes))
    meant = Filter(**values)
    if meant.since and meant.until and meant.since >= meant.until:
        mistakes.append("No job can match: since is not before until.")
    left_out = [f"{one} is left out: only letters and digits are searched for." for one in silent]
    return Search(text, parts, meant, tuple(mistakes), (*left_out, *_doubts(meant, around)))


def read_search(text: str, asker: str) -> Filter:
    """Return what a search means that a program or a form sends.

    Raises:
        WrongInputs: it can't be read; with every mistake.
    """
    search = parse(text, Around(asker, datetime.now(UTC)))
    if search.mistakes:
        raise WrongInputs([Mistake("q", words) for words in search.mistakes])
    return search.filter


def _parts(text: str) -> Iterator[Part]:
    for found in _PART.finditer(text):
        piece = found[0]
        if qualified := _QUALIFIED.fullmatch(piece):
            values = [_bare(one[0]) for one in _VALUE.finditer(qualified[2])]
            yield Part(piece, qualified[1].lower(), tuple(one for one in values if one))
        else:
            yield Part(piece, None, (_bare(piece),))


def _is_silent(part: Part) -> bool:
    """Return whether a part was typed to be searched for, and has nothing that could be found."""
    asked = part.qualifier is None and part.values[0]
    return bool(asked) and not has_a_word(part.values)


def _bare(text: str) -> str:
    """Return a value without the quotes around it or its pieces; a doubled one is one of its own.

    A star may follow a phrase's last quote.
    """
    pieces = re.split(r'("(?:[^"]|"")*(?:"|$))', text)
    return "".join(
        piece[1:].removesuffix('"').replace('""', '"') if piece.startswith('"') else piece
        for piece in pieces
    )


def _add(values: dict[str, Any], part: Part, around: Around) -> None:
    if part.qualifier is None:
        left_out = _LEFT_OUT.fullmatch(part.text)
        if left_out and left_out[1].lower() in FIELDS:
            raise NotUnderstood(
                f"A minus takes nothing out: say what is wanted instead of {part.text}."
            )
        if part.values[0]:
            values["words"] = (*values.get("words", ()), *part.values)
        return
    name = FIELDS.get(part.qualifier)
    if name is None:
        raise NotUnderstood(_unknown_qualifier(part.qualifier))
    if not part.values:
        raise NotUnderstood(f"{part.qualifier}: needs a value, such as {_example(part.qualifier)}.")
    if name in {"since", "until"}:
        if len(part.values) > 1 or name in values:
            raise NotUnderstood(f"{name}: can be said only once.")
        values[name] = _moment(part.values[0], around.now, ends=name == "until")
        return
    read = _READERS.get(name, _as_it_is)
    read_values = [one for value in part.values for one in read(value, around)]
    values[name] = tuple(dict.fromkeys([*values.get(name, ()), *read_values]))


def _unknown_qualifier(name: str) -> str:
    guess = _guess(name, FIELDS)
    return (
        f"No qualifier is called {name}.{guess} There are {_listed([f'{one}:' for one in FIELDS])}."
        f' To search for the words themselves, write "{name}:…" in quotes.'
    )


def _example(qualifier: str) -> str:
    examples = {"state": "failed", "since": "yesterday", "until": "today", "by": "me"}
    return f"{qualifier}:{examples.get(qualifier, '…')}"


def _standings(value: str, _around: Around) -> Sequence[Standing]:
    word = value.lower()
    if word in _OTHER_WORDS:
        return _OTHER_WORDS[word]
    try:
        return (Standing(word),)
    except ValueError:
        known = [str(one) for one in Standing]
        guess = _guess(word, known)
        raise NotUnderstood(
            f"No job is ever {value!r}.{guess} state: takes {_listed(known)}."
        ) from None


def _as_it_is(value: str, _around: Around) -> Sequence[str]:
    return (value,)


def _owners(value: str, around: Around) -> Sequence[str]:
    return (around.me if value == "me" else value,)


_READERS: Final[Mapping[str, Callable[[str, Around], Sequence[str]]]] = {
    "states": _standings,
    "owners": _owners,
}


def _moment(value: str, now: datetime, *, ends: bool) -> datetime:
    """Return when a moment is, or a day begins; or ends, for a day that is to be included."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if value.lower() in _DAYS:
        return midnight - timedelta(days=_DAYS[value.lower()] - ends)
    try:
        if ago := _AGO.fullmatch(value.lower()):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        day_long = re.fullmatch(r"[\d-]{8,10}", value) is not None
        return moment.astimezone(UTC) + timedelta(days=1 if day_long and ends else 0)
    except (ValueError, OverflowError):
        name = "until" if ends else "since"
        raise NotUnderstood(
            f"{value!r} is no moment. {name}: takes {_listed(MOMENTS)}, a day such as"
            f" {now:%Y-%m-%d}, or a time of it such as {now:%Y-%m-%dT%H:%M}, in UTC."
        ) from None


def _doubts(meant: Filter, around: Around) -> Iterator[str]:
    for what, asked, known in (
        ("kind", meant.kinds, around.kinds),
        ("queue", meant.queues, around.queues),
    ):
        for name in asked:
            if known and name not in known:
                guess = _guess(name, known)
                yield f"No {what} is called {name!r} now.{guess} There are {_listed(known)}."


def _guess(word: str, known: Collection[str]) -> str:
    near = get_close_matches(word.lower(), known, 1, 0.5)
    return f" Did you mean {near[0]}?" if near else ""


def _listed(names: Collection[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
