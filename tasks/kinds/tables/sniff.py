"""What a file is by its bytes, and what to tell a person whose file is something else."""

import zipfile
from pathlib import Path
from typing import Literal

from tasks.kind import BadInput

Format = Literal["text", "excel", "parquet"]

NAMED: dict[str, Format] = {
    ".csv": "text",
    ".tsv": "text",
    ".txt": "text",
    ".xlsx": "excel",
    ".parquet": "parquet",
}
CALLED = {
    "text": ("plain text", ".csv"),
    "excel": ("an Excel workbook", ".xlsx"),
    "parquet": ("a Parquet file", ".parquet"),
}
# First bytes, what such a file is, and what helps.
FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a picture", ""),
    (b"\xff\xd8\xff", "a picture", ""),
    (b"GIF8", "a picture", ""),
    (b"RIFF", "a picture or a recording", ""),
    (b"%PDF", "a PDF document", "Ask for the data behind it, as CSV or Excel."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and upload what is inside."),
    (b"BZh", "a bzip2 archive", "Unpack it and upload what is inside."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it and upload what is inside."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it and upload what is inside."),
    (b"Rar!", "a RAR archive", "Unpack it and upload what is inside."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it and upload what is inside."),
    (b"SQLite format 3", "an SQLite database", "Export its table as CSV."),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook (.xls) or one with a password",
        "Open it in Excel and save it as .xlsx, without a password.",
    ),
)
MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "XML"),
    (b'{"', "JSON"),
    (b"[{", "JSON"),
)
BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
UNPACK_LIMIT = 400_000_000  # bytes of XML; a workbook takes about three times that in memory


def sniff(path: Path, name: str) -> Format:
    """Return what the file is.

    Args:
        path: where its bytes are.
        name: what the person calls it; its suffix is a claim.

    Raises:
        BadInput: it is empty, no table, or not what its name claims.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    bom = next((bom for bom in BOMS if head.startswith(bom)), b"")
    if not head.removeprefix(bom).strip(b" \t\r\n\0"):
        raise BadInput(f"{name} is empty. Upload a file with a header and at least one row.")
    found = _format(path, name, head)
    claimed = NAMED.get(Path(name).suffix.lower())
    if claimed and claimed != found:
        what, suffix = CALLED[found]
        raise BadInput(
            f"{name} is not {CALLED[claimed][0]}, whatever its name says: it is {what}. "
            f"If that is right, rename it to end in {suffix} and upload it again."
        )
    if found == "excel":
        _refuse_huge(path, name)
    return found


def _format(path: Path, name: str, head: bytes) -> Format:
    for magic, what, advice in FOREIGN:
        if head.startswith(magic):
            raise BadInput(f"{name} is {what}, not a table. {advice}".strip())
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path, name)
    start = head.lstrip().lower()
    for mark, what in MARKUP:
        if start.startswith(mark):
            raise BadInput(f"{name} is {what}, not a table. Export the data as CSV or Excel.")
    if b"\0" in head and not head.startswith(BOMS) and not _looks_like_utf_16(head):
        raise BadInput(f"{name} is neither text, nor Excel, nor Parquet. Export the table as CSV.")
    return "text"


def _looks_like_utf_16(head: bytes) -> bool:
    return utf_16_without_bom(head) is not None


def utf_16_without_bom(head: bytes) -> str | None:
    """Return which UTF-16 the bytes are, judged by where their zero bytes stand; or None."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return None


def _zipped(path: Path, name: str) -> Format:
    """Return "excel" if the archive is a workbook.

    Raises:
        BadInput: it is not, or it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except zipfile.BadZipFile as error:
        raise BadInput(f"{name} is damaged or incomplete. Upload it once more.") from error
    if "xl/workbook.xml" in members:
        return "excel"
    if "xl/workbook.bin" in members:
        raise BadInput(f"{name} is a binary Excel workbook. Save it as .xlsx and upload that.")
    if "content.xml" in members:
        raise BadInput(f"{name} is an OpenDocument file. Save the table as .xlsx or CSV.")
    raise BadInput(f"{name} is a ZIP archive, not a table. Unpack it and upload what is inside.")


def _refuse_huge(path: Path, name: str) -> None:
    with zipfile.ZipFile(path) as archive:
        unpacked = max(member.file_size for member in archive.infolist())
    if unpacked > UNPACK_LIMIT:
        raise BadInput(
            f"{name} unpacks to {unpacked / 1e9:.1f} GB, too much to hold in memory at once. "
            "Save the sheet as CSV and upload that: a CSV file may be of any size."
        )
