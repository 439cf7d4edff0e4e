"""What a chart is made of, as values that a template writes down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Tick:
    """A round value beside a scale; across, `at` is its time. A `minor` one needs a wide screen."""

    place: float
    text: str
    at: datetime | None = None
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar; `tone` is one of those of states, and `between` the times that `words` names."""

    x: float
    width: float
    y: float
    height: float
    tone: str
    words: str
    between: tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a line with what it says."""

    x: float
    y: float
    words: str = ""
    between: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Points that follow each other; None breaks the line. `number` tells it from others."""

    name: str
    number: int
    points: Sequence[Point | None]
    marked: bool

    @property
    def path(self) -> str:
        """The line as SVG has it."""
        parts, pen = [], "M"
        for point in self.points:
            if point is None:
                pen = "M"
                continue
            parts.append(f"{pen}{point.x:g} {point.y:g}")
            pen = "L"
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Dot:
    """A job; its shape says how it ended, as its colour does."""

    x: float
    y: float
    job: str
    tone: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. `says` is what it shows, in words; `rows` are the table behind it.

    `number` of `key` is how a mark looks: a tone, or a line's number.
    """

    id: str
    title: str
    says: Markup
    height: int
    upward: Sequence[Tick]
    across: Sequence[Tick]
    key: Sequence[tuple[str, str]]
    heads: Sequence[str]
    rows: Sequence[Sequence[str | Markup]]
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()
    dots: Sequence[Dot] = ()
    ground: float = 0  # where 0 is

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.bars or self.lines or self.dots)
