"""What became of one picture, as it is told on the page and kept for a next attempt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the table.

    `number` is the picture's place among all, from 0. `name` is what the person calls it, `result`
    its file in the ZIP. `before` and `after` are in bytes; widths and heights, upright, in pixels.
    `note` says what one should know of it. `why` says why it was skipped; then there is no result.
    """

    number: int
    name: str
    before: int = 0
    width_before: int = 0
    height_before: int = 0
    result: str = ""
    after: int = 0
    width: int = 0
    height: int = 0
    note: str = ""
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what `of_json` reads."""
        return asdict(self)

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the fact that an earlier attempt kept.

        Raises:
            TypeError: it was kept by another version of this program.
        """
        return cls(**values)


class Skipped(Exception):
    """A picture can't be worked on; the words say why, and the others are done."""
