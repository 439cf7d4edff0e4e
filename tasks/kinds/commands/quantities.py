"""Durations and sizes as a person writes them in a file: `"45 s"`, `"1.5 h"`, `"200 MB"`."""

import re
from typing import Annotated

from pydantic import BeforeValidator, ByteSize, Field, TypeAdapter, ValidationError

_UNITS = {"s": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_WRITTEN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+?)s?\s*")


def duration(value: object) -> object:
    """Return seconds for a duration in words; anything else as it is.

    Raises:
        ValueError: the words are no duration.
    """
    if not isinstance(value, str):
        return value
    found = _WRITTEN.fullmatch(value)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"{value!r} is no duration; write one as 45 s, 10 min or 2 h")
    return float(found[1]) * _UNITS[found[2]]


def size(value: object) -> object:
    """Return bytes for a size in words; anything else as it is.

    Raises:
        ValueError: the words are no size.
    """
    if not isinstance(value, str):
        return value
    try:
        return int(_SIZES.validate_python(value))
    except ValidationError as error:
        raise ValueError(f"{value!r} is no size; write one as 500 kB, 200 MB or 2 GB") from error


_SIZES = TypeAdapter(ByteSize)

Duration = Annotated[float, BeforeValidator(duration), Field(gt=0, le=30 * 86_400)]
"""Seconds."""

Size = Annotated[int, BeforeValidator(size), Field(gt=0)]
"""Bytes."""
