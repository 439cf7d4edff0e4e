"""Reads pictures out of a ZIP that somebody else made, and trusts nothing that it says."""

import errno
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from tasks.kinds.images import sniff
from tasks.kinds.images.facts import Skipped
from tasks.kinds.images.words import amount, size

MOST = 20_000  # files in an archive
LARGEST_DIRECTORY = 16_000_000  # bytes of an archive's list of files
LARGEST = 400_000_000  # bytes of a file in an archive
SUSPECT, RATIO = 20_000_000, 300  # a larger file that was packed this well is no picture
IN_MEMORY = 16_000_000  # bytes; what is larger is unpacked onto the disk
PIECE = 1 << 20

_END = b"PK\x05\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 65_535
_IN_A_LARGER_ONE = 0xFFFF_FFFF  # The number stands in a record for archives beyond 4 GB.
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive; `why` says what is wrong with it, if that is known unread."""

    info: zipfile.ZipInfo
    name: str
    why: str = ""


class Archive:
    """An open ZIP; its files may be read by several threads at once.

    Raises:
        Skipped: it is no ZIP that can be read, or one that was made to do harm.
    """

    def __init__(self, path: Path) -> None:
        _check_the_directory(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_BROKEN, OSError) as error:
            raise Skipped("is a damaged ZIP archive, or only a part of one") from error
        self._infos = self._zip.infolist()
        if len(self._infos) > MOST:
            raise Skipped(f"holds {amount(len(self._infos), 'file')}, and {MOST:,} are the most")
        if sum(info.compress_size for info in self._infos) > path.stat().st_size:
            raise Skipped("is a ZIP bomb: its files lie over one another")

    def members(self) -> Iterator[Member]:
        """Yield the files, without folders and without what systems put beside pictures."""
        for info in self._infos:
            # Before zipfile cuts it: what stands behind a zero byte is meant to be hidden.
            name = info.orig_filename.replace("\\", "/")
            if not (info.is_dir() or name.endswith("/") or _is_of_a_system(name)):
                yield Member(info, name, _what_is_wrong(info, name))

    def open(self, member: Member, folder: Path) -> IO[bytes]:
        """Unpack a file, into memory or, if it is large, into `folder`; close it to forget it.

        Raises:
            Skipped: it is damaged, no picture, or larger than it says.
        """
        try:
            with self._zip.open(member.info) as packed:
                head = packed.read(sniff.HEAD)
                if sniff.picture(head) is None:
                    raise Skipped(_nested(head) or sniff.not_a_picture(head))
                return _unpacked(head, packed, folder)
        except _BROKEN as error:
            raise Skipped("is damaged: it can't be unpacked") from error
        except OSError as error:
            if error.errno != errno.EINVAL:  # That is a place before the archive's first byte.
                raise
            raise Skipped("is damaged: it can't be unpacked") from error

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()


def _unpacked(head: bytes, packed: IO[bytes], folder: Path) -> IO[bytes]:
    unpacked = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(folder))  # noqa: SIM115 - the caller's to close
    try:
        unpacked.write(head)
        while piece := packed.read(PIECE):
            unpacked.write(piece)
    except BaseException:
        unpacked.close()
        raise
    unpacked.seek(0)
    return unpacked


def _check_the_directory(path: Path) -> None:
    """Look at the archive's end, before all of its list of files is read into memory.

    Raises:
        Skipped: there is no such end, or the list is too long.
    """
    with path.open("rb") as file:
        length = file.seek(0, 2)
        file.seek(max(0, length - _LONGEST_COMMENT - _END_SIZE))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise Skipped("is no ZIP archive, or only the first part of one")
    if _directory_size(path, tail, at, length) > LARGEST_DIRECTORY:
        raise Skipped(f"holds more files than the {MOST:,} that are read")


def _directory_size(path: Path, tail: bytes, at: int, length: int) -> int:
    """Return the bytes of the list of files, from the record at `at` in the archive's last bytes.

    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.14 to 4.3.16
    """
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    large = tail[at - 20 : at] if at >= 20 else b""  # noqa: PLR2004 - bytes of that record
    if size < _IN_A_LARGER_ONE or not large.startswith(b"PK\x06\x07"):
        return size
    with path.open("rb") as file:
        file.seek(min(int.from_bytes(large[8:16], "little"), length))
        return int.from_bytes(file.read(56)[40:48], "little")


def _what_is_wrong(info: zipfile.ZipInfo, name: str) -> str:
    """Return in words why a file is not even unpacked, or nothing."""
    parts = PurePosixPath(name).parts
    if ".." in parts or name.startswith("/") or name[1:2] == ":" or "\0" in name:
        return "has a name that leads out of the archive"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted. Pack it without a password"
    if info.compress_type not in _METHODS:
        return "is packed in a way that can't be read. Pack it as an ordinary ZIP"
    if info.file_size > LARGEST:
        return f"unpacks to {size(info.file_size)}, and {size(LARGEST)} are the most"
    if info.file_size > max(SUSPECT, RATIO * info.compress_size):
        packed, whole = size(info.compress_size), size(info.file_size)
        return f"is a ZIP bomb: {packed} that unpack to {whole}"
    return ""


def _nested(head: bytes) -> str:
    return "is an archive in an archive. Unpack it first" if head.startswith(b"PK\x03\x04") else ""


def _is_of_a_system(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        "__MACOSX" in parts
        or name.rpartition("/")[2] in {".DS_Store", "Thumbs.db", "desktop.ini"}
        or name.rpartition("/")[2].startswith("._")
    )
