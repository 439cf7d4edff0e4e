"""What two failures must share to be one: kind, exception, normalised words, and the place."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.record import Cause, Error

ID_LENGTH: Final = 16  # hexadecimal digits: two causes in a billion share an id once in 40 ledgers
MOST_LINES: Final = 3  # of a message; what follows is a tail of output, new each time
MOST_READ: Final = 2_000  # characters of them
MOST_TEXTS: Final = 50  # texts of a job's inputs that are looked for in its message
SHORTEST_TEXT: Final = 3  # characters; a shorter one stands in any message by chance
MOST_KEPT: Final = 300  # characters of what is left


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a failure was born: the last frame of our own; `line` is 0 where nobody knows.

    `place` has no line, so that an edit above it does not make a second cause of one.
    """

    file: str = ""
    function: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """The file and the function, or nothing."""
        return f"{self.file} in {self.function}" if self.file else ""


@dataclass(frozen=True, slots=True)
class Reason:
    """The part of a failure that its group shares."""

    kind: str
    cause: Cause
    error_type: str
    message: str
    place: str

    @property
    def id(self) -> str:
        """The same for the same reason, in every ledger and for ever."""
        parts = (self.kind, self.cause.value, self.error_type, self.message, self.place)
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:ID_LENGTH]


def reason_of(
    kind: str,
    cause: Cause,
    error: Error | None,
    note: str = "",
    inputs: Mapping[str, Any] | None = None,
) -> Reason:
    """Return the reason of a failure.

    Args:
        kind: the name of the job's kind.
        cause: what sort of failure it was.
        error: what was recorded of it.
        note: how its last attempt died, which says more of a crash than the job's own error.
        inputs: what the job was given; where its words quote that, the input's name stands.
    """
    said = _without_inputs(note or (error.message if error else ""), inputs or {})
    where = origin(error.traceback) if error and error.traceback else Origin()
    return Reason(kind, cause, error.type if error else "", normalised(said), where.place[:300])


def _without_inputs(message: str, inputs: Mapping[str, Any]) -> str:
    """Put the names of inputs in the place of their texts: no secret stays, no person's name."""
    message = message[:MOST_READ]
    texts = {text: name for name, value in inputs.items() for text in _texts(value)}
    # The longest first, for one may be a part of another.
    for text in sorted(texts, key=len, reverse=True)[:MOST_TEXTS]:
        if text in message:
            word = f"<{''.join(one for one in texts[text] if not one.isdigit())}>"
            message = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", word, message)
    return message


def _texts(value: Any) -> Iterator[str]:
    several = value if isinstance(value, list) else [value]
    for one in several[:MOST_TEXTS]:
        text = one.get("name") if isinstance(one, Mapping) else one
        if isinstance(text, str) and len(text) >= SHORTEST_TEXT:
            yield text


def normalised(message: str) -> str:
    """Return a message without what differs from job to job.

    Numbers, ids, paths, addresses, hexadecimals, quoted values and times become words in angle
    brackets; white space is one blank. To normalise once more changes nothing.
    """
    lines = [line for line in message.splitlines() if line.strip()]
    text = " ".join(" ".join(lines[:MOST_LINES])[:MOST_READ].split())
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    if len(text) > MOST_KEPT:
        # Between words, for a cut through one of ours would be read otherwise the next time.
        text = text[: MOST_KEPT + 1].rpartition(" ")[0] or text[:MOST_KEPT].partition("<")[0]
    return text


_DATE: Final = (
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?"
    r"(?: ?(?:Z\b|UTC\b|[+-]\d\d:?\d\d\b))?"
)
# In this order: a quoted value may be a path, a path has numbers, and an id is none of them.
_WORDS: Final = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        # What pydantic was given it cuts in the middle, and so its quotes.
        (r"input_value=.*?, input_type=", "input_value=<value>, input_type="),
        # An apostrophe within a word (can't) quotes nothing.
        (r"(?<![\w'])[bBrRuU]{0,2}'(?:[^'\\]|\\.|'(?=\w))*'(?!\w)", "<value>"),
        (r'[bBrRuU]{0,2}"(?:[^"\\]|\\.)*"', "<value>"),
        (r"`[^`]*`|\u2018[^\u2019]*\u2019(?!\w)|\u201c[^\u201d]*\u201d|«[^»]*»", "<value>"),
        (r"\b[a-zA-Z][a-zA-Z0-9+.-]{0,20}://[^\s<>]+", "<url>"),
        (_DATE, "<time>"),
        (r"\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b", "<time>"),
        (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<id>"),
        (r"(?<![\w<>/])(?:~|\.{1,2})?(?:/[\w.@+%~-]+)+/?", "<path>"),
        (r"(?<![\w<>/])[A-Za-z]:\\[^\s<>:]*", "<path>"),
        (r"(?<![\w<>/.-])[\w-][\w.-]*(?:/[\w.@+-]+)*/[\w@+-]+\.\w{1,8}\b", "<path>"),
        (r"\b0[xX][0-9a-fA-F]+\b", "<hex>"),
        # Long, with a digit and a letter: "deadbeef" and "defaced" may be words.
        (r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b", "<id>"),
        (r"\b(?=[A-F]*\d)(?=\d*[A-F])[0-9A-F]{8,}\b", "<id>"),
        (r"(?<![\w.])[+-](?=\d)", ""),
        (r"\d+(?:[.,_]\d+)*(?:[eE][+-]?\d+)?", "<number>"),
    )
)

_FRAME: Final = re.compile(r'^[ |+-]*File "([^"\n]+)", line (\d+), in (.+)$', re.MULTILINE)
_THEIRS: Final = re.compile(
    r"[/\\](?:site|dist)-packages[/\\]|[/\\]lib(?:64)?[/\\]python3[.\d]*t?[/\\]|^<"
)


def origin(traceback: str) -> Origin:
    """Return the last frame of our own in a traceback, or the last one where none is ours.

    Frames of installed packages and of Python itself are not ours: an error often surfaces deep in
    them. Of an exception raised while another was handled, the last traceback counts.
    """
    frames = _FRAME.findall(traceback)
    ours = [frame for frame in frames if not _THEIRS.search(frame[0])]
    if not frames:
        return Origin()
    path, line, function = (ours or frames)[-1]
    # The last two parts of the path: where the checkout lies says nothing about the cause.
    return Origin("/".join(re.split(r"[/\\]", path)[-2:]), function.strip(), int(line))


def last_line_first(traceback: str) -> tuple[str, str]:
    """Return the exception's own last words, and the traceback that leads to them."""
    lines = traceback.rstrip("\n").split("\n")
    # What the exception says may have several lines, none of which need be indented.
    frames = [place for place, line in enumerate(lines) if _FRAME.match(line)]
    start = frames[-1] + 1 if frames else 0
    while start < len(lines) - 1 and lines[start].startswith(("    ", "  |     ")):
        start += 1
    return "\n".join(lines[start:]), "\n".join(lines[:start])
