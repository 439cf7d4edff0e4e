"""All files of a job as one ZIP that is written while it is sent: nothing is built or held."""

import logging
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from pathvalidate import sanitize_filename
from zipstream import ZIP_DEFLATED, ZIP_STORED, ZipStream

from ledger.errors import StorageError
from ledger.files import Files, display_name
from ledger.record import StoredFile

logger = logging.getLogger(__name__)

PIECE: Final = 1 << 18  # bytes that are read at a time
LONGEST: Final = 200  # bytes of a name; file systems take 255, and what unpacks may add to it
WORTH_IT: Final = 1_000_000  # bytes; what is smaller is not worth an unknown length
LEVEL: Final = 1  # of nine: 170 MB/s of a table, where the usual six gives 40 for a tenth less
GONE: Final = "MISSING.txt"

# Files that are mostly words and numbers; everything else is taken to be compressed already.
_LOOSE: Final = frozenset(
    {".bmp", ".csv", ".geojson", ".json", ".jsonl", ".log", ".ndjson", ".sql", ".svg", ".tif"}
    | {".tiff", ".tsv", ".txt", ".wav", ".xml", ".yaml", ".yml"}
)


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP that has yet to be written, by going through `pieces` once.

    Where `length` is known, in bytes, a browser shows how far it is. `gone` are the files whose
    bytes the storage has lost; the ZIP says so in a file of its own.
    """

    pieces: Iterable[bytes]
    length: int | None
    gone: list[StoredFile]


def archive(files: Files, outputs: Iterable[StoredFile]) -> Archive:
    """Return the ZIP of these files.

    The length is known unless compressing pays. Files that are gone are left out and named in
    MISSING.txt. Where bytes vanish only while they are being sent, the pieces end with an error,
    so that the connection breaks: a ZIP that arrives whole is whole.

    Raises:
        StorageError: the storage does not answer, or has none of the files.
    """
    outputs = list(outputs)
    whole = files.whole(outputs)
    here = [file for file in outputs if file.id in whole]
    gone = [file for file in outputs if file.id not in whole]
    if not here:
        raise StorageError("The storage has none of these files any more.")
    loose = {file.id for file in here if _is_worth_compressing(file)}
    made = ZipStream(sized=not loose)
    for name, file in zip(names_for(here, {GONE}), here, strict=True):
        made.add(
            _pieces(files, file),
            name,
            size=file.size,
            compress_type=ZIP_DEFLATED if file.id in loose else ZIP_STORED,
            compress_level=LEVEL if file.id in loose else None,
        )
    if gone:
        made.add(_told(gone), GONE)
    return Archive(made, None if loose else len(made), gone)


def _is_worth_compressing(file: StoredFile) -> bool:
    return file.size > WORTH_IT and (
        PurePath(file.name).suffix.lower() in _LOOSE or file.media_type.startswith("text/")
    )


def _pieces(files: Files, file: StoredFile) -> Iterator[bytes]:
    left = file.size
    with files.open(file) as source:
        while piece := source.read(PIECE):
            left -= len(piece)
            yield piece
    if left:
        raise StorageError(f"{file.name} of job {file.job} has changed while it was being sent.")


def _told(gone: Iterable[StoredFile]) -> str:
    names = "".join(f"{display_name(file.name)}  ({file.size} bytes)\r\n" for file in gone)
    return f"The storage has lost these files, so they are not in this archive:\r\n\r\n{names}"


def names_for(outputs: Iterable[StoredFile], taken: Iterable[str] = ()) -> list[str]:
    """Return a name for each file that every system can unpack, no two alike.

    Names that differ in case or in the spelling of an accent alone are one name to some systems.

    Args:
        outputs: the files.
        taken: names that are used already.
    """
    used = {_alike(name) for name in taken}
    names = []
    for file in outputs:
        path = _portable(file.name)
        name, number = _fitting(path.stem, path.suffix), 1
        while _alike(name) in used:
            number += 1
            name = _fitting(path.stem, f" ({number}){path.suffix}")
        used.add(_alike(name))
        names.append(name)
    return names


def _portable(name: str) -> PurePath:
    path = PurePath(display_name(name))
    # Cut by us, for what cleans it would cut off the suffix.
    cleaned = sanitize_filename(_fitting(path.stem, path.suffix), replacement_text="_")
    return PurePath(cleaned if cleaned.strip(".") else "unnamed")


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _fitting(stem: str, end: str) -> str:
    room = max(LONGEST - len(end.encode()), 1)
    return f"{stem.encode()[:room].decode(errors='ignore')}{end}"
