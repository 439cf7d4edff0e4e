"""What has changed in the form of a kind since somebody filled it in, in words."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from webapp.questions import JSONSchema, Sort, sort_of

_AS: Final[Mapping[Sort, str]] = {
    Sort.TEXT: "a line of text",
    Sort.LONG_TEXT: "text of several lines",
    Sort.SECRET: "a secret",
    Sort.NUMBER: "a number",
    Sort.DATE: "a date",
    Sort.MOMENT: "a date and time",
    Sort.TIME: "a time",
    Sort.SWITCH: "yes or no",
    Sort.CHOICE: "a choice",
    Sort.CHOICES: "several choices",
    Sort.LINES: "a list",
    Sort.FILE: "a file",
    Sort.FILES: "several files",
    Sort.JSON: "JSON",
}
# What a bound says, whether a larger one is tighter, and how it reads.
_BOUNDS: Final = (
    ("minimum", True, "must be at least {}"),
    ("exclusiveMinimum", True, "must be more than {}"),
    ("maximum", False, "must be at most {}"),
    ("exclusiveMaximum", False, "must be less than {}"),
    ("minLength", True, "must have at least {} characters"),
    ("maxLength", False, "may have at most {} characters"),
    ("minItems", True, "must be at least {} in number"),
    ("maxItems", False, "may be at most {} in number"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one input: its name, what people call it, and the rest of a sentence about it."""

    field: str
    label: str
    words: str


def changes(before: JSONSchema | None, now: JSONSchema, given: Collection[str]) -> list[Change]:
    """Return what is new, gone, of another type or bounded more tightly, in the form's order.

    Args:
        before: the schema of the inputs at the time; None where nobody knows it any more.
        now: the schema of the inputs as they are asked for today.
        given: the names of the inputs that were given; where `before` is unknown they tell alone.
    """
    old = dict.fromkeys(given) if before is None else before["properties"]
    found = []
    for name in now["properties"]:
        words = [_new(now, name)] if name not in old else _changed(before, now, name)
        found += [Change(name, _label(now, name), "; ".join(words))] if words else []
    gone = [name for name in old if name not in now["properties"]]
    return found + [
        Change(name, _label(before, name), "is not asked for any more") for name in gone
    ]


def _label(whole: JSONSchema | None, name: str) -> str:
    asked = whole["properties"].get(name, {}) if whole else {}
    return str(asked.get("title") or name.replace("_", " ").strip().capitalize())


def _new(now: JSONSchema, name: str) -> str:
    return "is new, and needed" if name in now.get("required", ()) else "is new"


def _changed(before: JSONSchema | None, now: JSONSchema, name: str) -> list[str]:
    return [] if before is None else list(_differences(before, now, name))


def _differences(before: JSONSchema, now: JSONSchema, name: str) -> Iterator[str]:
    was, old, could_be_empty = sort_of(before, name)
    sort, new, can_be_empty = sort_of(now, name)
    was_as, now_as = _type(was, old), _type(sort, new)
    if was_as != now_as:
        yield f"was {was_as}, and is {now_as} now"
        return
    needed = name in now.get("required", ()) and name not in before.get("required", ())
    if needed or (could_be_empty and not can_be_empty):
        yield "is needed now"
    yield from _tighter(old, new)
    if "items" in old and "items" in new:
        yield from (f"each {words}" for words in _tighter(old["items"], new["items"]))


def _type(sort: Sort, schema: JSONSchema) -> str:
    if sort is Sort.NUMBER and schema.get("type") == "integer":
        return "a whole number"
    return _AS[sort]


def _tighter(old: JSONSchema, new: JSONSchema) -> Iterator[str]:
    for key, larger_is_tighter, words in _BOUNDS:
        was, bound = old.get(key), new.get(key)
        if bound is not None and (
            was is None or (bound != was and (bound > was) == larger_is_tighter)
        ):
            yield f"{words.format(_number(bound))} now" + _instead_of(was)
    for key, words in (("pattern", "of the form"), ("multipleOf", "a multiple of")):
        if key in new and new[key] != old.get(key):
            yield f"must be {words} {new[key]} now"
    offered = new.get("enum", [new["const"]] if "const" in new else [])
    removed = [str(one) for one in old.get("enum", ()) if one is not None and one not in offered]
    if removed and offered:
        yield f"does not offer {', '.join(removed)} any more"
    accepted, before = new.get("accept", []), old.get("accept", [])
    if accepted and (not before or set(before) - set(accepted)):
        yield f"takes only {', '.join(accepted)} now"


def _number(bound: Any) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def _instead_of(was: Any) -> str:
    return "" if was is None else f" instead of {_number(was)}"
