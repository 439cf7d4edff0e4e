"""The typed values that a job is given: the model behind its form, and how they are kept."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ledger.record import StoredFile

HIDDEN = "•••"
SUMMARY_LENGTH = 200

Locate = Callable[[str], Path]

LongText = Annotated[str, Field(json_schema_extra={"widget": "textarea"})]
"""Text of several lines, for which a form gives more room."""


@dataclass(frozen=True, slots=True, init=False)
class Accept:
    """Which files a field takes: suffixes (`.csv`) and media types (`image/*`), as in HTML.

    Any other file is refused when it is sent, and so is one whose bytes are not what its name says.
    Where not `strict`, the patterns only help to choose: the kind takes what comes, and tells what
    it can't use.
    """

    patterns: tuple[str, ...]
    strict: bool

    def __init__(self, *patterns: str, strict: bool = True) -> None:
        object.__setattr__(self, "patterns", patterns)
        object.__setattr__(self, "strict", strict)

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Put the patterns into the schema, from which forms and the API's description are made."""
        told = {"accept": list(self.patterns), "strict": self.strict}
        return {**handler(core_schema), **told}


class Upload(BaseModel):
    """A file that a person gave to a job.

    `name` is for display and never a path; `size` is in bytes. Inside a running job, `path` is a
    local file with the bytes; neither its name nor its suffix means anything.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    size: int
    sha256: str
    _locate: Locate | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _remember_where(self, info: ValidationInfo) -> "Upload":
        if info.context:
            self._locate = info.context["locate"]
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _core_schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe what a person gives, bytes; not the value that stands for them."""
        return {"type": "string", "format": "binary"}

    @property
    def path(self) -> Path:
        """Where the bytes are, on this machine.

        Raises:
            RuntimeError: the inputs were not read by a running job.
            StorageError: the storage does not have them, or does not answer.
        """
        if self._locate is None:
            raise RuntimeError(f"{self.name} has a path only inside a running job.")
        return self._locate(self.id)

    @classmethod
    def of(cls, file: StoredFile) -> "Upload":
        """Return the value that stands for a stored file in a job's inputs."""
        return cls(id=file.id, name=file.name, size=file.size, sha256=file.sha256)


def inputs_model(function: Callable[..., object]) -> type[BaseModel]:
    """Derive the model of a function's parameters: their types, bounds, defaults and order.

    Raises:
        TypeError: a parameter has no type, or is positional-only, `*args` or `**kwargs`.
    """
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        where = f"{function.__module__}.{function.__name__}: the parameter {parameter.name}"
        if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            raise TypeError(f"{where} must be a plain one, for it becomes a field of a form")
        if parameter.name not in hints:
            raise TypeError(f"{where} needs a type, for it becomes a field of a form")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return model_of(function.__name__, fields)


def model_of(name: str, fields: Mapping[str, Any]) -> type[BaseModel]:
    """Return the model of inputs: by name a type and a default, `...` where there is none."""
    model: type[BaseModel] = create_model(
        name,
        __config__=ConfigDict(
            extra="forbid",
            frozen=True,
            validate_default=True,
            allow_inf_nan=False,  # JSON, as the ledger keeps inputs, has no word for them.
        ),
        **fields,
    )
    return model


def arguments_of(inputs: BaseModel) -> dict[str, Any]:
    """Return the inputs as the kind's function takes them."""
    # Not dict(inputs), which a field called `keys` leads astray.
    return {name: value for name, value in inputs}  # noqa: C416 - see above


def to_row(inputs: BaseModel) -> dict[str, Any]:
    """Return the inputs as the ledger keeps them: JSON, secrets included."""
    secrets = secrets_of(type(inputs))
    row = inputs.model_dump(mode="json")
    return row | {name: _revealed(value) for name, value in inputs if name in secrets}


def _revealed(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_revealed(one) for one in value]
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def uploads_in(inputs: BaseModel) -> Iterator[Upload]:
    """Yield the uploads among the inputs."""
    for _name, value in inputs:
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, Upload):
                yield one


def secrets_of(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of the fields whose values nobody may see."""
    return frozenset(
        name for name, field in model.model_fields.items() if "SecretStr" in repr(field.annotation)
    )


def shown(value: Any) -> str:
    """Return one stored input as a person reads it."""
    if isinstance(value, Mapping) and "sha256" in value:
        return str(value["name"])
    if isinstance(value, list):
        return ", ".join(shown(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def summary(row: Mapping[str, Any], secrets: frozenset[str]) -> str:
    """Return stored inputs in a line that holds no secret, for Flower and for logs."""
    parts = (f"{name}={HIDDEN if name in secrets else shown(value)}" for name, value in row.items())
    line = ", ".join(parts)
    return line if len(line) <= SUMMARY_LENGTH else line[: SUMMARY_LENGTH - 1] + "…"
