"""Which files a page can show, in which way, and the first lines of those shown as text."""

import csv
import io
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import IO, Final

from ledger.record import StoredFile

HEAD: Final = 64_000  # bytes that are read of a table or a text
ROWS: Final = 50
COLUMNS: Final = 30
SHORT: Final = 160  # bytes
LARGEST: Final = 20_000_000  # bytes of a picture or page that a browser is asked to show

PICTURES: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"}
)
_TEXT_SUFFIXES: Final = frozenset({".json", ".jsonl", ".log", ".md", ".yaml", ".yml", ".toml"})
_ICONS: Final = {
    ".csv": "filetype-csv",
    ".html": "filetype-html",
    ".json": "filetype-json",
    ".parquet": "table",
    ".pdf": "filetype-pdf",
    ".tsv": "table",
    ".txt": "filetype-txt",
    ".xlsx": "filetype-xlsx",
    ".zip": "file-earmark-zip",
}


class Way(StrEnum):
    """How a file is shown."""

    PICTURE = "picture"
    PAGE = "page"  # HTML that a kind made: shown only in a sandbox
    TABLE = "table"
    TEXT = "text"


def way_for(file: StoredFile) -> Way | None:
    """Return how a file is shown, or None where there is only the download."""
    suffix = PurePath(file.name).suffix.lower()
    if suffix in {".csv", ".tsv"}:
        return Way.TABLE
    if suffix in _TEXT_SUFFIXES:
        return Way.TEXT
    if file.media_type in PICTURES:
        return Way.PICTURE if file.size <= LARGEST else None
    if file.media_type == "text/html":
        return Way.PAGE if file.size <= LARGEST else None
    return Way.TEXT if file.media_type.startswith("text/") else None


def is_short(file: StoredFile) -> bool:
    """Return whether a file shown as text has but a line or two."""
    return file.size < SHORT and not file.name.lower().endswith((".json", ".html"))


def icon_for(file: StoredFile) -> str:
    """Return the name of the icon that stands before a file."""
    if file.media_type in PICTURES:
        return "file-earmark-image"
    return _ICONS.get(PurePath(file.name).suffix.lower(), "file-earmark")


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file: rows of a table, the first one with its columns' names, or text."""

    rows: list[list[str]] | None
    text: str
    whole: bool


def head(way: Way, bytes_of: IO[bytes]) -> Head:
    """Read the beginning of a table or a text, whatever its bytes are."""
    data = bytes_of.read(HEAD + 1)
    whole = len(data) <= HEAD
    text = data[:HEAD].decode("utf-8-sig", errors="replace")
    if way is Way.TABLE:
        return _table(text, whole=whole)
    return Head(None, _indented(text) if whole else text, whole)


def _table(text: str, *, whole: bool) -> Head:
    if not whole:
        text = text[: text.rfind("\n") + 1] or text  # The last line is cut: it would mislead.
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    rows = [row[:COLUMNS] for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    return Head(rows[: ROWS + 1], "", whole and len(rows) <= ROWS + 1)


def _indented(text: str) -> str:
    """Return JSON with its structure visible, and any other text as it is."""
    if text.lstrip()[:1] not in {"{", "["}:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
