"""What an entry can ask a person for: typed inputs, and the words that a program gets for them."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from tasks.inputs import Accept, Upload
from tasks.kinds.commands.asked import Asked, Plural, Repeatable, list_of
from tasks.kinds.commands.texts import Rule

LONGEST = 1_000  # characters of a text, where its entry does not say


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
    flag: str | list[str] = Field(default_factory=list)

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
    accept: list[str] = Field(default_factory=list)

    def _type(self, *, dash: bool) -> Any:
        del dash
        return Annotated[Upload, Accept(*self.accept)] if self.accept else Upload


class Files(Plural):
    """Files, as above, one word for each."""

    type: Literal["files"]
    accept: list[str] = Field(default_factory=list)

    @property
    def plural(self) -> bool:
        """Whether its value is a list."""
        return True

    def _type(self, *, dash: bool) -> Any:
        del dash
        files = list_of(Upload, self)
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
