"""Whether a file's first bytes agree with what its name claims; a look, not an examination."""

from collections.abc import Mapping
from pathlib import PurePath

HEAD = 4096  # bytes that are enough to know

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_TIFF = (b"II*\x00", b"MM\x00*")

# What the file must begin with, and what to call it. A file that begins with one of these and is
# called something else is named in the error by these words.
_SIGNATURES: Mapping[str, tuple[tuple[bytes, ...], str]] = {
    ".xlsx": (_ZIP, "an Excel workbook"),
    ".xlsm": (_ZIP, "an Excel workbook"),
    ".docx": (_ZIP, "a Word document"),
    ".pptx": (_ZIP, "a PowerPoint presentation"),
    ".ods": (_ZIP, "an OpenDocument spreadsheet"),
    ".odt": (_ZIP, "an OpenDocument text"),
    ".zip": (_ZIP, "a ZIP archive"),
    ".xls": (_OLE, "an old Excel workbook"),
    ".doc": (_OLE, "an old Word document"),
    ".parquet": ((b"PAR1",), "a Parquet file"),
    ".png": ((b"\x89PNG\r\n\x1a\n",), "a PNG picture"),
    ".jpg": ((b"\xff\xd8\xff",), "a JPEG picture"),
    ".jpeg": ((b"\xff\xd8\xff",), "a JPEG picture"),
    ".gif": ((b"GIF87a", b"GIF89a"), "a GIF picture"),
    ".webp": ((b"RIFF",), "a WebP picture"),
    ".tif": (_TIFF, "a TIFF picture"),
    ".tiff": (_TIFF, "a TIFF picture"),
    ".bmp": ((b"BM",), "a BMP picture"),
    ".pdf": ((b"%PDF-",), "a PDF document"),
    ".gz": ((b"\x1f\x8b",), "a gzip archive"),
    ".zst": ((b"\x28\xb5\x2f\xfd",), "a Zstandard archive"),
    ".7z": ((b"7z\xbc\xaf\x27\x1c",), "a 7-Zip archive"),
}
_TEXT = frozenset(
    {".csv", ".htm", ".html", ".json", ".jsonl", ".log", ".md", ".ndjson", ".rst", ".svg"}
    | {".tab", ".toml", ".tsv", ".txt", ".xml", ".yaml", ".yml"}
)
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# How files begin that can't be text. Some others begin with letters, as a text may.
_NOT_TEXT = tuple(
    begin
    for begins, _ in _SIGNATURES.values()
    for begin in begins
    if begin == b"%PDF-" or not (begin.isascii() and begin.decode("ascii").isprintable())
)


def contradiction(name: str, head: bytes) -> str:
    """Return what is wrong between a file's name and its first HEAD bytes, or nothing."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _SIGNATURES:
        begins, claimed = _SIGNATURES[suffix]
        if head.startswith(begins) and (suffix != ".webp" or head[8:12] == b"WEBP"):
            return ""
        if suffix == ".pdf" and b"%PDF-" in head[:1024]:
            return ""  # Readers put up with something before it, and so some programs write it.
        return f"{name} is not {claimed}, though it is called so{_really(head, claimed)}."
    if suffix in _TEXT and not _may_be_text(head):
        return f"{name} is not text, though it is called so{_really(head, 'text')}."
    return ""


def _really(head: bytes, claimed: str) -> str:
    for begins, words in _RECOGNISED.items():
        if head.startswith(begins) and words != claimed:
            return f"; it looks like {words}"
    return "; it looks like text" if head and _may_be_text(head) else ""


_RECOGNISED: Mapping[bytes, str] = {
    **{begin: words for begins, words in _SIGNATURES.values() for begin in begins},
    **dict.fromkeys(_ZIP, "a ZIP archive or an Office document"),
    **dict.fromkeys(_OLE, "an old or protected Office document"),
    b"<!DOCTYPE html": "a web page",
    b"<html": "a web page",
}


def _may_be_text(head: bytes) -> bool:
    if head.startswith(_NOT_TEXT):
        return False
    if b"\0" not in head or head.startswith(_UNICODE_MARKS):
        return True
    # UTF-16 without its mark: of words, many second bytes are zero, all on the same side.
    even, odd = head[::2].count(0), head[1::2].count(0)
    return min(even, odd) == 0 and 3 * max(even, odd) > len(head)
