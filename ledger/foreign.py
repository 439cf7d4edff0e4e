"""The errors of storages and of the libraries that reach them, in our words."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import StorageError, StorageFull

# Errors that are no OSErrors, of libraries that are loaded only where the storage needs them.
_BEYOND = (
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("aiohttp", "ClientError"),
)


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn what a storage raises into a StorageError.

    Raises:
        StorageFull: there is no room left.
        StorageError: anything else that a storage says.
    """
    try:
        yield
    except FileNotFoundError as error:
        if "bucket" in str(error).lower():
            raise StorageError(f"{str(error).rstrip('.')}, which STORAGE_URL names.") from error
        words = error.filename or error
        raise StorageError(f"The storage has no such file: {words}.") from error
    except foreign_errors() as error:
        if getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull("The file storage has no room left.") from error
        words = " ".join(str(error).split()) or type(error).__name__
        raise StorageError(f"The file storage does not work: {words.rstrip('.')}.") from error


def foreign_errors() -> tuple[type[Exception], ...]:
    """Return what storages raise, as far as their libraries are loaded."""
    loaded = [(sys.modules.get(module), name) for module, name in _BEYOND]
    return (OSError, *(getattr(module, name) for module, name in loaded if module))
