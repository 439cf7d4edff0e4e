"""Which library reaches a storage, and what has to be known of the sort that it is."""

from dataclasses import dataclass
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from ledger.errors import StorageError

# They have no folders. Asked to make one, s3fs would make the whole bucket, however misspelt.
_WITHOUT_FOLDERS = {"s3", "s3a", "gs", "gcs", "abfs", "az"}


@dataclass(frozen=True, slots=True)
class Reach:
    """A file system of fsspec's, and the folder or bucket in it that is ours."""

    files: Any
    root: str

    @property
    def is_local(self) -> bool:
        """Whether the files are this machine's own."""
        return isinstance(self.files, LocalFileSystem)

    @property
    def joins(self) -> bool:
        """Whether the server can make one file of several by itself."""
        return "s3" in self._protocols

    def path(self, key: str) -> str:
        """Return how the file system calls a key."""
        return f"{self.root}/{key}"

    def make_folder_for(self, path: str) -> None:
        """Make the folder in which a file is to be, where there are folders."""
        if not self._protocols & _WITHOUT_FOLDERS:
            self.files.makedirs(path.rpartition("/")[0], exist_ok=True)

    @property
    def _protocols(self) -> set[str]:
        named = self.files.protocol
        return {named} if isinstance(named, str) else set(named)


def reach(url: str) -> Reach:
    """Find what reaches a folder or any fsspec URL; nothing is asked over the network.

    Raises:
        StorageError: nothing here does; the words say what to install.
    """
    try:
        return Reach(*fsspec.core.url_to_fs(url))
    except (ImportError, ValueError) as error:
        scheme = url.partition("://")[0]
        words = " ".join(str(error).split()).rstrip(".")
        raise StorageError(f"STORAGE_URL begins with {scheme}://. {words}.") from error
