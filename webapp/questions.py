"""A kind's inputs as questions to a person: how each is asked, and how an answer in text is read.

Pages, the command line and multipart requests all get text; they share this reading of it. Nothing
is checked here: what is read is raw, and the kind's own model says whether it will do.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

JSONSchema = Mapping[str, Any]


class Sort(Enum):
    """In which form a question is asked."""

    TEXT = auto()
    LONG_TEXT = auto()
    SECRET = auto()
    NUMBER = auto()
    DATE = auto()
    MOMENT = auto()
    TIME = auto()
    SWITCH = auto()
    CHOICE = auto()
    CHOICES = auto()
    LINES = auto()
    FILE = auto()
    FILES = auto()
    JSON = auto()


class Absent(Enum):
    """The answer to a question that was not answered, so that the input keeps its default."""

    ABSENT = auto()


ABSENT = Absent.ABSENT

_STRINGS = {
    "binary": Sort.FILE,
    "date": Sort.DATE,
    "date-time": Sort.MOMENT,
    "password": Sort.SECRET,
    "time": Sort.TIME,
}
_TYPES = {
    "string": Sort.TEXT,
    "integer": Sort.NUMBER,
    "number": Sort.NUMBER,
    "boolean": Sort.SWITCH,
}
_ONE_PER_LINE = {Sort.TEXT, Sort.NUMBER, Sort.DATE, Sort.MOMENT, Sort.TIME}
_SEVERAL = {Sort.CHOICE: Sort.CHOICES, Sort.FILE: Sort.FILES}


@dataclass(frozen=True, slots=True)
class Question:
    """One input, as it is asked.

    `schema` is the input's own JSON schema, without references and without "or nothing", which is
    `optional`. `choices` are the values that can be chosen, by the text that stands for them.
    `default` is in the words of an answer, as `write` gives them.
    """

    name: str
    label: str
    description: str
    sort: Sort
    required: bool
    optional: bool
    schema: JSONSchema = field(repr=False)
    choices: Mapping[str, Any]
    default: Sequence[str] = ()

    @property
    def of_files(self) -> bool:
        """Whether the answer is one file or several."""
        return self.sort in {Sort.FILE, Sort.FILES}

    @property
    def several(self) -> bool:
        """Whether there can be more than one answer."""
        return self.sort in {Sort.CHOICES, Sort.FILES, Sort.LINES}

    @property
    def accept(self) -> Sequence[str]:
        """The suffixes and media types of files that will do; any file if there are none."""
        accept: Sequence[str] = self.schema.get("accept") or self.items.get("accept", ())
        return accept

    @property
    def strict(self) -> bool:
        """Whether no other file will do, nor one whose bytes are not what its name says."""
        return bool(self.schema.get("strict", True) and self.items.get("strict", True))

    @property
    def items(self) -> JSONSchema:
        """The schema of each of several answers."""
        items: JSONSchema = self.schema.get("items", {})
        return items

    def read(self, texts: Sequence[str]) -> Any:
        """Return the answer in these texts as a raw value for the kind's model, or ABSENT."""
        if self.several:
            return self._list(texts)
        if not texts:
            return ABSENT
        text = texts[-1].replace("\r\n", "\n")
        if text in self.choices:
            return self.choices[text]
        if not text.strip():
            return self._nothing(text)
        return _parsed(text) if self.sort is Sort.JSON else text

    def _list(self, texts: Sequence[str]) -> Any:
        lines = texts
        if self.sort is Sort.LINES:
            lines = [line.strip() for text in texts for line in text.splitlines()]
        read = [self.choices.get(line, line) for line in lines if line or line in self.choices]
        if read or self.sort is not Sort.FILES:
            return read or self._nothing(read)
        return ABSENT

    def _nothing(self, empty: str | list[Any]) -> Any:
        if self.sort is Sort.SECRET and not self.required:
            return ABSENT  # A secret's default is never shown, so leaving it empty keeps it.
        if self.optional:
            return None
        return ABSENT if self.required else empty

    def write(self, value: Any) -> Sequence[str]:
        """Return the texts that `read` turns into this value; a secret is never written."""
        if value is None or self.sort is Sort.SECRET or self.of_files:
            return ()
        match self.sort:
            case Sort.JSON:
                return (json.dumps(value, ensure_ascii=False, indent=1),)
            case Sort.LINES:
                return ("\n".join(str(one) for one in value),)
            case Sort.CHOICES:
                return tuple(self._text_of(one) for one in value)
            case Sort.CHOICE | Sort.SWITCH:
                return (self._text_of(value),)
        return (str(value),)

    def _text_of(self, value: Any) -> str:
        if self.sort is Sort.SWITCH:
            return "true" if value else "false"
        return next((text for text, one in self.choices.items() if one == value), str(value))


@cache
def questions(model: type[BaseModel]) -> Mapping[str, Question]:
    """Return what the model of a kind's inputs asks, by name, in the order of its parameters."""
    whole = model.model_json_schema()
    required = whole.get("required", ())
    return {
        name: _question(
            name,
            info,
            _without_detours(whole["properties"][name], whole.get("$defs", {})),
            required=name in required,
        )
        for name, info in model.model_fields.items()
    }


def sort_of(whole: JSONSchema, name: str) -> tuple[Sort, JSONSchema, bool]:
    """Return how a model's schema asks for an input, its own schema, and if it may be empty."""
    schema, optional = _without_detours(whole["properties"][name], whole.get("$defs", {}))
    return _sort(schema), schema, optional or None in schema.get("enum", ())


def _question(
    name: str, info: FieldInfo, found: tuple[JSONSchema, bool], *, required: bool
) -> Question:
    schema, optional = found
    sort = _sort(schema)
    choices = _choices(schema if sort is Sort.CHOICE else schema.get("items", {}))
    if sort is Sort.MOMENT and "AwareDatetime" in repr(info.annotation):
        sort = Sort.TEXT  # A browser's own field for moments gives no time zone.
    if sort is Sort.SWITCH and optional:
        sort, choices = Sort.CHOICE, {"yes": True, "no": False}
    question = Question(
        name=name,
        label=info.title or name.replace("_", " ").strip().capitalize(),
        description=info.description or "",
        sort=sort,
        required=required,
        optional=optional or None in schema.get("enum", ()),
        schema=schema,
        choices=choices,
    )
    if required:
        return question
    default = to_jsonable_python(info.get_default(call_default_factory=True))
    return replace(question, default=question.write(default))


def _without_detours(schema: JSONSchema, definitions: JSONSchema) -> tuple[JSONSchema, bool]:
    """Follow references and take "or nothing" away; return the schema, and whether it was there."""
    optional = False
    while True:
        rest = {name: value for name, value in schema.items() if name not in {"$ref", "anyOf"}}
        if "$ref" in schema:
            schema = {**definitions[schema["$ref"].rpartition("/")[2]], **rest}
            continue
        branches = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        optional = optional or len(branches) < len(schema.get("anyOf", ()))
        if len(branches) == 1:
            schema = {**branches[0], **rest}
            continue
        break
    if "items" in schema:
        schema = {**schema, "items": _without_detours(schema["items"], definitions)[0]}
    return schema, optional


def _sort(schema: JSONSchema) -> Sort:
    if "enum" in schema or "const" in schema:
        return Sort.CHOICE
    if schema.get("widget") == "textarea":
        return Sort.LONG_TEXT
    if "anyOf" in schema:
        branches = {_sort(one) for one in schema["anyOf"]}
        return Sort.TEXT if branches <= _ONE_PER_LINE else Sort.JSON
    if schema.get("type") == "array" and "items" in schema:
        one = _sort(schema["items"])
        return Sort.LINES if one in _ONE_PER_LINE else _SEVERAL.get(one, Sort.JSON)
    return _STRINGS.get(schema.get("format", "")) or _TYPES.get(schema.get("type", ""), Sort.JSON)


def _choices(schema: JSONSchema) -> Mapping[str, Any]:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return {str(value): value for value in values if value is not None}


def _parsed(text: str) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return text  # The model refuses it, in the words for what it is.


def from_json(text: str | bytes) -> Any:
    """Return what JSON says; numbers that JSON does not have are refused, as databases refuse them.

    Raises:
        ValueError: it is not JSON, or nested too deeply.
    """

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no number of JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("It is nested too deeply") from error
