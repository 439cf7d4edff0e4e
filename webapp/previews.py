"""Which files a page can show, in which way, and the first lines of those shown as text."""

import codecs
import csv
import io
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import IO, Final

from ledger.files import display_name
from ledger.record import StoredFile

HEAD: Final = 64_000  # bytes that are read of a table or a text
LONGEST: Final = 500_000  # characters of a text once it is indented
ROWS: Final = 50
COLUMNS: Final = 30
SHORT: Final = 160  # bytes
LARGEST: Final = 20_000_000  # bytes of a picture or page that a browser is asked to show
SMALL: Final = 2_000_000  # bytes that a page fetches unasked, once they come into sight
OPEN: Final = 3  # previews that are open from the start


class Way(StrEnum):
    """How a file is shown."""

    PICTURE = "picture"
    PAGE = "page"  # HTML that a kind made: shown only in a sandbox
    PDF = "pdf"
    SOUND = "sound"
    VIDEO = "video"
    TABLE = "table"
    TEXT = "text"


# By the name alone, and sent as this type alone: HTML that is called .png is a broken picture.
_SHOWN: Final = {
    ".apng": (Way.PICTURE, "image/apng"),
    ".avif": (Way.PICTURE, "image/avif"),
    ".bmp": (Way.PICTURE, "image/bmp"),
    ".gif": (Way.PICTURE, "image/gif"),
    ".jpeg": (Way.PICTURE, "image/jpeg"),
    ".jpg": (Way.PICTURE, "image/jpeg"),
    ".png": (Way.PICTURE, "image/png"),
    ".svg": (Way.PICTURE, "image/svg+xml"),
    ".webp": (Way.PICTURE, "image/webp"),
    ".htm": (Way.PAGE, "text/html"),
    ".html": (Way.PAGE, "text/html"),
    ".pdf": (Way.PDF, "application/pdf"),
    ".aac": (Way.SOUND, "audio/aac"),
    ".flac": (Way.SOUND, "audio/flac"),
    ".m4a": (Way.SOUND, "audio/mp4"),
    ".mp3": (Way.SOUND, "audio/mpeg"),
    ".oga": (Way.SOUND, "audio/ogg"),
    ".ogg": (Way.SOUND, "audio/ogg"),
    ".opus": (Way.SOUND, "audio/ogg"),
    ".wav": (Way.SOUND, "audio/wav"),
    ".m4v": (Way.VIDEO, "video/mp4"),
    ".mov": (Way.VIDEO, "video/quicktime"),
    ".mp4": (Way.VIDEO, "video/mp4"),
    ".ogv": (Way.VIDEO, "video/ogg"),
    ".webm": (Way.VIDEO, "video/webm"),
    ".csv": (Way.TABLE, "text/csv"),
    ".tsv": (Way.TABLE, "text/tab-separated-values"),
}
_TEXTS: Final = frozenset(
    {".bat", ".c", ".cfg", ".conf", ".cpp", ".css", ".diff", ".geojson", ".go", ".h", ".ini"}
    | {".java", ".js", ".json", ".jsonl", ".log", ".md", ".ndjson", ".patch", ".ps1", ".py"}
    | {".r", ".rb", ".rs", ".rst", ".sh", ".sql", ".srt", ".tex", ".toml", ".ts", ".vtt", ".xml"}
    | {".yaml", ".yml"}
)
_LIMITED: Final = {Way.PICTURE, Way.PAGE}
_WHOLE: Final = {Way.PICTURE, Way.PAGE, Way.PDF}  # Shown only once all of their bytes are there.
_WAY_ICONS: Final = {
    Way.PICTURE: "file-earmark-image",
    Way.PAGE: "filetype-html",
    Way.PDF: "filetype-pdf",
    Way.SOUND: "file-earmark-music",
    Way.VIDEO: "file-earmark-play",
    Way.TABLE: "table",
    Way.TEXT: "file-earmark-text",
}
_ICONS: Final = {
    ".csv": "filetype-csv",
    ".json": "filetype-json",
    ".md": "filetype-md",
    ".parquet": "table",
    ".py": "filetype-py",
    ".txt": "filetype-txt",
    ".xlsx": "filetype-xlsx",
    ".zip": "file-earmark-zip",
}


def _suffix(file: StoredFile) -> str:
    return PurePath(file.name).suffix.lower()


def way_for(file: StoredFile) -> Way | None:
    """Return how a file is shown, or None where there is only the download."""
    way, _media_type = _SHOWN.get(_suffix(file), (None, ""))
    if way is None:
        is_text = _suffix(file) in _TEXTS or file.media_type.startswith("text/")
        return Way.TEXT if is_text else None
    return way if way not in _LIMITED or file.size <= LARGEST else None


def media_type_of(file: StoredFile) -> str:
    """Return the type as which a browser is given a file to show."""
    return _SHOWN.get(_suffix(file), (None, "text/plain"))[1]


def name_of(file: StoredFile) -> str:
    """Return a file's name as it may be shown: nothing in it turns the direction of the text."""
    return display_name(file.name)


def is_short(file: StoredFile) -> bool:
    """Return whether a file shown as text has but a line or two."""
    return file.size < SHORT and not file.name.lower().endswith((".json", ".html"))


def icon_for(file: StoredFile) -> str:
    """Return the name of the icon that stands before a file."""
    way = way_for(file)
    return _ICONS.get(_suffix(file)) or (_WAY_ICONS[way] if way else "file-earmark")


def poster_for(video: StoredFile, outputs: Iterable[StoredFile]) -> StoredFile | None:
    """Return the picture that stands for a video until it plays: of its name, or called poster."""
    stem = PurePath(video.name).stem
    wanted = (stem, f"{stem}-poster", f"{stem}.poster", "poster")
    pictures = {PurePath(file.name).stem: file for file in outputs if way_for(file) is Way.PICTURE}
    return next((pictures[name] for name in wanted if name in pictures), None)


def opened(outputs: Collection[StoredFile]) -> set[str]:
    """Return the ids of the files whose previews are open from the start: few, and small ones."""
    videos = [file for file in outputs if way_for(file) is Way.VIDEO]
    posters = {poster.id for video in videos if (poster := poster_for(video, outputs))}
    wanted = [
        file.id
        for file in outputs
        if (way := way_for(file))
        and file.id not in posters
        and (way not in _WHOLE or file.size <= SMALL)
    ]
    return set(wanted[:OPEN])


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
    text = data[:HEAD].decode(_encoding(data), errors="replace")
    if way is Way.TABLE:
        return _table(text, whole=whole)
    return Head(None, _indented(text) if whole else text, whole)


def _encoding(data: bytes) -> str:
    in_two_bytes = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16" if in_two_bytes else "utf-8-sig"


def _table(text: str, *, whole: bool) -> Head:
    if not whole:
        text = text[: text.rfind("\n") + 1] or text  # The last line is cut: it would mislead.
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    lines = io.StringIO(text, newline=None)  # Old Macs ended lines with what csv refuses.
    try:
        rows = [row[:COLUMNS] for row in csv.reader(lines, delimiter=separator) if row]
    except csv.Error:
        return Head(None, text, whole)
    return Head(rows[: ROWS + 1], "", whole and len(rows) <= ROWS + 1)


def _indented(text: str) -> str:
    """Return JSON with its structure visible, and any other text as it is."""
    if text.lstrip()[:1] not in {"{", "["}:
        return text
    try:
        indented = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    return indented if len(indented) <= LONGEST else text  # Deep nesting grows with its square.
