"""What a person chose on the form, in the words that the rest of this kind uses."""

from dataclasses import dataclass, field
from typing import Literal

CleanedAs = Literal["parquet", "xlsx", "csv"]
Separator = Literal["detect", "comma", "semicolon", "tab", "pipe"]
Encoding = Literal[
    "detect",
    "UTF-8",
    "UTF-16",
    "Windows-1252 (Western)",
    "Windows-1250 (Central European)",
    "Windows-1251 (Cyrillic)",
    "Windows-1253 (Greek)",
    "Windows-1254 (Turkish)",
    "Shift JIS (Japanese)",
    "GB 18030 (Chinese)",
    "Mac Roman",
    "DOS 850",
]
Uneven = Literal["fill up short ones, set long ones aside", "set all aside", "stop"]
Slashes = Literal["leave as text", "day first", "month first"]

MISSING_WORDS = (
    "NA, N/A, #N/A, NaN, NULL, None, -, --, ?, #DIV/0!, #NAME?, #NULL!, #NUM!, #REF!, #VALUE!"
)


@dataclass(frozen=True, slots=True)
class Options:
    """The choices for one table; the defaults are the form's.

    `skip` is a number of lines (of rows, in Excel). `missing` holds every spelling that counts.
    """

    cleaned: CleanedAs = "parquet"
    sheet: str | None = None
    header: bool = True
    skip: int = 0
    separator: Separator = "detect"
    encoding: Encoding = "detect"
    uneven: Uneven = "fill up short ones, set long ones aside"
    slashes: Slashes = "leave as text"
    missing: tuple[str, ...] = field(default_factory=lambda: spellings(MISSING_WORDS))
    drop_duplicates: bool = False


def spellings(words: str) -> tuple[str, ...]:
    """Return each of the comma-separated words as typed, in small letters and in capitals."""
    typed = [word for part in words.split(",") if (word := part.strip())]
    forms = (str, str.lower, str.upper, str.capitalize)
    return tuple(sorted({form(word) for word in typed for form in forms}))
