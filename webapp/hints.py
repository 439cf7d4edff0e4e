"""What will do as an answer, in a few words, told before anybody has to err."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webapp.questions import JSONSchema, Question, Sort
from webapp.words import size

_EXAMPLES = {
    Sort.DATE: "2024-05-31",
    Sort.MOMENT: "2024-05-31T14:30",
    Sort.TIME: "14:30",
}


def hint(question: Question, max_upload: int) -> str:
    """Return what the form says below a field, besides the kind's own description.

    Args:
        question: what is asked.
        max_upload: bytes; the largest file that is taken.
    """
    return ", ".join(words for words in _words(question, max_upload) if words)


def bounds(schema: JSONSchema) -> str:
    """Return the limits of a number in words, or nothing where it has none."""
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{least:g} to {most:g}"
    named = {
        "at least {:g}": least,
        "more than {:g}": schema.get("exclusiveMinimum"),
        "at most {:g}": most,
        "less than {:g}": schema.get("exclusiveMaximum"),
    }
    return ", ".join(words.format(value) for words, value in named.items() if value is not None)


def counted(least: int | None, most: int | None, thing: str) -> str:
    """Return how many there may be, such as "3 to 5 files", or nothing for any number."""
    plural = thing if (most or least) == 1 else f"{thing}s"
    if least and most:
        return f"{least} {plural}" if least == most else f"{least} to {most} {plural}"
    if most is not None:
        return f"at most {most} {plural}"
    return f"at least {least} {plural}" if least else ""


def example(sort: Sort) -> str:
    """Return an answer that shows how such a question is answered, or nothing."""
    return _EXAMPLES.get(sort, "")


def _words(question: Question, max_upload: int) -> Sequence[str]:
    schema = question.schema
    if question.of_files:
        files = counted(schema.get("minItems"), schema.get("maxItems"), "file")
        limit = f"up to {size(max_upload)}"
        return (accepted(question.accept), files, f"{limit} each" if question.several else limit)
    speaker = _SPEAKERS.get(question.sort)
    return () if speaker is None else speaker(schema)


def accepted(patterns: Sequence[str]) -> str:
    """Return which files will do, such as ".csv, .xlsx or any image"; nothing if any will."""
    words = [
        f"any {pattern.partition('/')[0]}" if pattern.endswith("/*") else pattern
        for pattern in patterns
    ]
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _of_number(schema: JSONSchema) -> Sequence[str]:
    step = schema.get("multipleOf")
    return (bounds(schema), f"a multiple of {step:g}" if step else "")


def _of_text(schema: JSONSchema) -> Sequence[str]:
    # One character at least is what "required" says already.
    least = schema.get("minLength", 0)
    letters = counted(least if least > 1 else None, schema.get("maxLength"), "character")
    zone = "with its time zone, such as 2024-05-31T14:30Z"
    return (letters, zone if schema.get("format") == "date-time" else "")


def _of_lines(schema: JSONSchema) -> Sequence[str]:
    each = bounds(schema["items"])
    return (
        "one per line",
        counted(schema.get("minItems"), schema.get("maxItems"), "line"),
        f"each {each}" if each else "",
    )


def _of_choices(schema: JSONSchema) -> Sequence[str]:
    return (counted(schema.get("minItems"), schema.get("maxItems"), "choice"),)


def _of_json(_schema: JSONSchema) -> Sequence[str]:
    return ("as JSON",)


_SPEAKERS: Mapping[Sort, Callable[[Any], Sequence[str]]] = {
    Sort.NUMBER: _of_number,
    Sort.TEXT: _of_text,
    Sort.LONG_TEXT: _of_text,
    Sort.LINES: _of_lines,
    Sort.CHOICES: _of_choices,
    Sort.JSON: _of_json,
}
