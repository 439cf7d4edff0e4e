"""A kind that asks in every way there is; it is in no list, so tests give it to their console."""

from collections.abc import Callable
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr

from tasks.inputs import Accept, LongText, Upload, inputs_model, secrets_of
from tasks.kind import Kind


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


def a_kind(function: Callable[..., Any]) -> Kind:
    """Return a function as a kind of which Celery knows nothing."""
    model = inputs_model(function)
    return Kind(
        name=function.__name__,
        title="Everything",
        help=function.__doc__ or "",
        icon="gear",
        function=function,
        inputs=model,
        queue="default",
        time_limit=60,
        retries=0,
        retry_for=(),
        retry_delay=10,
        secrets=secrets_of(model),
    )


def everything(  # noqa: PLR0913 - that is its point
    *,
    text: Annotated[str, Field(min_length=2, max_length=40, description="A few words.")],
    number: Annotated[int, Field(ge=1, le=600)],
    table: Annotated[Upload, Accept(".csv", ".parquet", ".xlsx"), Field(description="A table.")],
    story: LongText = "Once upon a time",
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5,
    limit: int | None = None,
    agreed: bool = True,
    sure: bool | None = None,
    size: Literal["small", "large", 3] = "small",
    many: Literal["a", "b", "c", "d", "e", "f", "g"] = "b",
    colour: Colour = Colour.RED,
    colours: Annotated[list[Colour], Field(max_length=1)] = [Colour.GREEN],  # noqa: B006 - never changed
    day: date = date(2024, 5, 31),
    moment: datetime | None = None,
    hour: time | None = None,
    marks: Annotated[list[int], Field(max_length=4)] = [1, 2],  # noqa: B006 - never changed
    mapping: dict[str, int] = {},  # noqa: B006 - never changed
    pictures: Annotated[list[Upload], Accept("image/*"), Field(max_length=3)] = [],  # noqa: B006 - never changed
    password: SecretStr | None = None,
) -> None:
    """Asks for one of everything.

    The second paragraph stands below the first,
    on one line.
    """


EVERYTHING = a_kind(everything)
