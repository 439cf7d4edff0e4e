"""How far a program is, read from what it says with the pattern of its entry."""

import re
from collections.abc import Callable

from ledger.record import Progress
from tasks.ansi import plain

GROUPS = frozenset({"done", "total", "percent", "text"})
LONGEST = 4_000  # characters of a line that are looked at
_ENDS = re.compile(r"[\r\n]+")


class Gauge:
    """Takes pieces of text, and tells each time that a line says how far the program is.

    Args:
        pattern: a regular expression with some of GROUPS. Lines end with a line feed, or with a
            carriage return, as those of progress bars do.
        total: of what is to be done, where the pattern does not say.
        begun: steps that are counted before one is done: 1 where a line tells that one begins.
        tell: is told done, total and text.
    """

    def __init__(
        self,
        pattern: str,
        tell: Callable[[float, float | None, str], object],
        total: float | None = None,
        begun: int = 0,
    ) -> None:
        self._pattern = re.compile(pattern)
        self._counts = not {"done", "percent"} & self._pattern.groupindex.keys()
        self._tell = tell
        self._rest = ""
        self._at = Progress(-begun, total)

    def hear(self, piece: str) -> None:
        """Take a piece of what the program says."""
        *lines, rest = _ENDS.split(self._rest + piece)
        for line in lines:
            self._read(line)
        self._rest = rest[-LONGEST:]

    def _read(self, line: str) -> None:
        found = self._pattern.search(plain(line[:LONGEST]))
        if found is None:
            return
        said = {name: text for name, text in found.groupdict().items() if text is not None}
        percent, done, total = (_number(said.get(one)) for one in ("percent", "done", "total"))
        at = self._at
        if percent is not None:
            at = Progress(percent, 100)
        elif done is not None:
            at = Progress(done, at.total if total is None else total)
        elif self._counts:
            at = Progress(at.done + 1, at.total if total is None else total)
        self._at = Progress(at.done, at.total, said.get("text", self._at.text).strip())
        self._tell(self._at.done, self._at.total, self._at.text)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text.replace(",", ""))
    except ValueError:
        return None
