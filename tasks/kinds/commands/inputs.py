"""What an entry can ask a person for: typed inputs, and the words that a program gets for them."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import SchemaError

from tasks.inputs import Accept, Upload
from tasks.kinds.commands.texts import Rule

LONGEST = 1_000  # characters of a text, where its entry does not say


class Asked(BaseModel):
    """One input, as the file declares it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    label: str | None = None
    help: str | None = None
    required: bool = True

    @property
    def plural(self) -> bool:
        """Whether its value is a list."""
        return False

    @property
    def many(self) -> bool:
        """Whether it can become several words, or none although something was given."""
        return self.plural

    def field(self, *, dash: bool) -> tuple[Any, Any]:
        """Return type and default, as a model takes them.

        Args:
            dash: whether a text may begin with a dash.
        """
        annotation, default = self._type(dash=dash), self._default()
        if not self.required and not self.plural:
            annotation |= None
        return Annotated[annotation, Field(title=self.label, description=self.help)], default

    def _type(self, *, dash: bool) -> Any:
        raise NotImplementedError

    def _default(self) -> Any:
        given = getattr(self, "default", None)
        if given is None and self.required:
            return ...
        return [] if given is None and self.plural else given

    def wrong(self) -> tuple[str, str] | None:
        """Return the key whose value will not do, and why; None where all is right."""
        annotation, default = self.field(dash=True)
        try:
            adapter = TypeAdapter(annotation)
        except SchemaError as error:
            reason = " ".join(str(error).rpartition("SchemaError: ")[2].split())
            return "pattern", f"the pattern will not do: {reason}"
        try:
            if default is not ...:
                adapter.validate_python(default)
        except ValidationError as error:
            return "default", f"the default will not do: {error.errors()[0]['msg']}"
        return None

    def words(self, value: Any) -> list[str] | None:
        """Return what the program gets for a value; None if nothing was given."""
        values = value if isinstance(value, list) else [value]
        given = [one for one in values if one is not None and one != ""]
        return [word for one in given for word in self._words(one)] if given else None

    def _words(self, value: Any) -> list[str]:
        return [str(value)]


class Repeatable(Asked):
    """An input of which there may be several."""

    several: bool = False
    at_least: Annotated[int, Field(ge=0)] | None = None
    at_most: Annotated[int, Field(ge=1)] | None = None

    @property
    def plural(self) -> bool:
        """Whether its value is a list."""
        return self.several

    def _type(self, *, dash: bool) -> Any:
        one = self._one(dash=dash)
        return _list_of(one, self) if self.several else one

    def _one(self, *, dash: bool) -> Any:
        raise NotImplementedError


def _list_of(one: Any, asked: "Repeatable | Files") -> Any:
    least = asked.at_least if asked.at_least is not None else int(asked.required)
    return Annotated[list[one], Field(min_length=least, max_length=asked.at_most)]


class Text(Repeatable):
    """A line of text, or several lines."""

    type: Literal["text"]
    default: str | list[str] | None = None
    min_length: Annotated[int, Field(ge=0)] = 1
    max_length: Annotated[int, Field(ge=1, le=100_000)] = LONGEST
    pattern: str | None = None
    lines: bool = False
    paths: bool = False

    def _one(self, *, dash: bool) -> Any:
        return Annotated[
            str,
            Field(
                min_length=self.min_length,
                max_length=self.max_length,
                pattern=f"^(?:{self.pattern})$" if self.pattern else None,
                json_schema_extra={"widget": "textarea"} if self.lines else None,
            ),
            AfterValidator(Rule(dash=dash, paths=self.paths, lines=self.lines)),
        ]


class Integer(Repeatable):
    """A whole number."""

    type: Literal["integer"]
    default: int | list[int] | None = None
    min: int | None = None
    max: int | None = None

    def _one(self, *, dash: bool) -> Any:
        del dash
        return Annotated[int, Field(ge=self.min, le=self.max)]


class Number(Repeatable):
    """A number, with a decimal point where need be."""

    type: Literal["number"]
    default: float | list[float] | None = None
    min: float | None = None
    max: float | None = None

    def _one(self, *, dash: bool) -> Any:
        del dash
        return Annotated[float, Field(ge=self.min, le=self.max)]

    def _words(self, value: Any) -> list[str]:
        return [f"{value:.15g}"]


class Date(Repeatable):
    """A day, which the program gets as 2024-05-31."""

    type: Literal["date"]
    default: dt.date | list[dt.date] | None = None
    min: dt.date | None = None
    max: dt.date | None = None

    def _one(self, *, dash: bool) -> Any:
        del dash
        return Annotated[dt.date, Field(ge=self.min, le=self.max)]


class Boolean(Asked):
    """A switch; where it is on, the program gets the flag."""

    type: Literal["boolean"]
    default: bool = False
    flag: str | list[str] = []

    @property
    def many(self) -> bool:
        """Whether it can become several words, or none although something was given."""
        return True

    def _type(self, *, dash: bool) -> Any:
        del dash
        return bool

    def words(self, value: Any) -> list[str] | None:
        """Return the flag, or None where the switch is off."""
        return _listed(self.flag) if value else None


class Choice(Repeatable):
    """One of a few values, or several of them; a table gives each the words that stand for it."""

    type: Literal["choice"]
    choices: Annotated[list[str] | dict[str, str | list[str]], Field(min_length=1)]
    default: str | list[str] | None = None

    @property
    def many(self) -> bool:
        """Whether it can become several words, or none although something was given."""
        return self.several or any(len(words) != 1 for words in self._meanings().values())

    def _one(self, *, dash: bool) -> Any:
        del dash
        return Literal[tuple(self.choices)]

    def _meanings(self) -> dict[str, list[str]]:
        if isinstance(self.choices, list):
            return {choice: [choice] for choice in self.choices}
        return {choice: _listed(words) for choice, words in self.choices.items()}

    def _words(self, value: Any) -> list[str]:
        return self._meanings()[value]


class File(Asked):
    """A file, which the program gets as the name of a copy in its folder."""

    type: Literal["file"]
    accept: list[str] = []

    def _type(self, *, dash: bool) -> Any:
        del dash
        return Annotated[Upload, Accept(*self.accept)] if self.accept else Upload


class Files(Asked):
    """Files, as above, one word for each."""

    type: Literal["files"]
    accept: list[str] = []
    at_least: Annotated[int, Field(ge=0)] | None = None
    at_most: Annotated[int, Field(ge=1)] | None = None

    @property
    def plural(self) -> bool:
        """Whether its value is a list."""
        return True

    def _type(self, *, dash: bool) -> Any:
        del dash
        files = _list_of(Upload, self)
        return Annotated[files, Accept(*self.accept)] if self.accept else files


class Secret(Asked):
    """A text that nobody may see; it reaches the program by its environment alone."""

    type: Literal["secret"]

    def _type(self, *, dash: bool) -> Any:
        del dash
        return Annotated[SecretStr, Field(min_length=1), AfterValidator(_without_nul)]

    def _words(self, value: Any) -> list[str]:
        return [value.get_secret_value()]


def _without_nul(secret: SecretStr) -> SecretStr:
    if "\0" in secret.get_secret_value():
        raise ValueError("May not have characters that can't be seen")
    return secret


def _listed(words: str | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else words


Input = Annotated[
    Text | Integer | Number | Date | Boolean | Choice | File | Files | Secret,
    Field(discriminator="type"),
]
