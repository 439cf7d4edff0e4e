"""What stands for the code of a kind: it changes when somebody edits it, and only then."""

import hashlib
import inspect
from functools import cache
from pathlib import Path

from tasks.kind import Kind

LENGTH = 12  # hexadecimal digits
SHARED = Path(__file__).parent / "kinds"  # a folder of many kinds, each a module


def version_of(kind: Kind) -> str:
    """Return the version of a kind's code, the same in every process that has the same files.

    A kind that is a package of its own is all of its modules; one that is declared without Python
    is its declaration too.
    """
    digest = hashlib.sha256(_sources(inspect.getsourcefile(kind.function)))
    for cell in kind.function.__closure__ or ():
        value = cell.cell_contents
        if " at 0x" not in (told := repr(value)):  # Else it is another in every process.
            digest.update(told.encode("utf-8", "surrogatepass"))
    digest.update(repr((kind.time_limit, kind.retries, kind.queue)).encode())
    return digest.hexdigest()[:LENGTH]


@cache
def _sources(file: str | None) -> bytes:
    """Return a digest of a file, and of those beside it where they are one package.

    Read once: what a process runs is what was there when it started.
    """
    if file is None:
        return b""
    path = Path(file)
    one_package = path.parent.parent == SHARED
    files = sorted(path.parent.glob("*.py")) if one_package else [path]
    digest = hashlib.sha256()
    for one in files:
        digest.update(one.read_bytes())
    return digest.digest()
