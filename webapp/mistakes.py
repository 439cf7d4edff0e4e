"""What is wrong with inputs, in plain words: pydantic finds it, and here it is said."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_PLACE_AND_PART = 2  # The length of an error's place that leads into a list.


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with one input; `field` is the input's name."""

    field: str
    message: str


class WrongInputs(Exception):
    """What was given for a job will not do; `mistakes` says all that is wrong, at once."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(dict.fromkeys(mistakes))
        super().__init__("; ".join(f"{one.field}: {one.message}" for one in self.mistakes))


def mistakes_in(error: ValidationError) -> list[Mistake]:
    """Return what pydantic found, in its order."""
    return [_mistake(details) for details in error.errors(include_url=False, include_input=False)]


def _mistake(details: ErrorDetails) -> Mistake:
    place = details["loc"]
    part = place[1] if len(place) >= _PLACE_AND_PART else None
    words = said(details["type"], details.get("ctx", {}), details["msg"])
    if isinstance(part, int):
        words = f"Number {part + 1}: {words[0].lower()}{words[1:]}"
    return Mistake(str(place[0]) if place else "", words)


def said(error: str, context: Mapping[str, Any], otherwise: str) -> str:
    """Return one error in words.

    Args:
        error: pydantic's name for it, such as "less_than_equal".
        context: pydantic's particulars of it.
        otherwise: pydantic's own words, for an error that is not told here.
    """
    if error in _PLAIN:
        return _PLAIN[error]
    if error in _WITH_PARTICULARS:
        return _WITH_PARTICULARS[error](context)
    words = otherwise.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    words = words.replace("Input should be", "Must be").replace("Value should", "Must")
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def _choices(context: Mapping[str, Any]) -> str:
    return f"Must be {context['expected'].replace(chr(39), '')}."


def _bound(words: str, name: str) -> Callable[[Mapping[str, Any]], str]:
    def say(context: Mapping[str, Any]) -> str:
        bound = context[name]
        return (
            f"Must be {words} {bound:g}."
            if isinstance(bound, float)
            else (f"Must be {words} {bound}.")
        )

    return say


_NUMBER = "Must be a number, such as 2.5."
_WHOLE = "Must be a whole number."
_DATE = "Must be a date, such as 2024-05-31."
_MOMENT = "Must be a date and time, such as 2024-05-31T14:30."
_TIME = "Must be a time, such as 14:30."
_YES_OR_NO = "Must be yes or no."
_JSON = "Must be JSON of the right form."

_PLAIN: Mapping[str, str] = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such input.",
    "string_type": "Must be text.",
    "string_unicode": "Has characters that are not Unicode text.",
    "int_parsing": _WHOLE,
    "int_parsing_size": "Has too many digits.",
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": "Must be a finite number.",
    "decimal_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "bool_parsing": _YES_OR_NO,
    "bool_type": _YES_OR_NO,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "date_past": "Must be in the past.",
    "date_future": "Must be in the future.",
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "datetime_past": "Must be in the past.",
    "datetime_future": "Must be in the future.",
    "timezone_aware": "Must have a time zone, such as 2024-05-31T14:30Z.",
    "timezone_naive": "Must have no time zone.",
    "time_type": _TIME,
    "time_parsing": _TIME,
    "list_type": "Must be a list.",
    "set_type": "Must be a list.",
    "tuple_type": _JSON,
    "dict_type": _JSON,
    "model_type": _JSON,
    "model_attributes_type": _JSON,
    "dataclass_type": _JSON,
    "uuid_parsing": "Must be a UUID, such as 123e4567-e89b-12d3-a456-426614174000.",
}

_WITH_PARTICULARS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
    "multiple_of": _bound("a multiple of", "multiple_of"),
    "literal_error": _choices,
    "enum": _choices,
    "string_too_short": lambda c: f"Must have at least {_count(c['min_length'], 'character')}.",
    "string_too_long": lambda c: f"Must have at most {_count(c['max_length'], 'character')}.",
    "string_pattern_mismatch": lambda c: f"Must be of the form {c['pattern']}.",
    "too_short": lambda c: f"There must be at least {c['min_length']:,}.",
    "too_long": lambda c: f"There must be at most {c['max_length']:,}.",
}


def by_field(mistakes: Sequence[Mistake]) -> dict[str, list[str]]:
    """Return the messages by the name of the input that they are about."""
    found: dict[str, list[str]] = {}
    for one in mistakes:
        found.setdefault(one.field, []).append(one.message)
    return found
