"""Makes the names of columns unique and tidy."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

LONGEST = 200  # characters


@dataclass(frozen=True, slots=True)
class Header:
    """A column's name, and what stood in the file."""

    name: str
    original: str

    @property
    def changed(self) -> bool:
        """Whether the name is not what stood in the file."""
        return self.name != self.original


def tidy(originals: Iterable[str | None]) -> tuple[Header, ...]:
    """Return a name for each column, in order: trimmed, on one line, present and unique.

    A missing name becomes `column_3` after its place; the second `total` becomes `total_2`.
    """
    stood = [original or "" for original in originals]
    wanted = [
        " ".join(original.replace("\ufeff", "").replace("\0", "").split())[:LONGEST]
        or f"column_{place}"
        for place, original in enumerate(stood, 1)
    ]
    reserved, taken = set(wanted), set[str]()
    headers = []
    for original, want in zip(stood, wanted, strict=True):
        numbered = (f"{want}_{number}" for number in count(2))
        free = (name for name in numbered if name not in reserved and name not in taken)
        name = want if want not in taken else next(free)
        taken.add(name)
        headers.append(Header(name, original))
    return tuple(headers)
