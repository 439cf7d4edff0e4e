"""What of the programs' logs a person at the terminal should see at once."""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from launch.programs import Program
from launch.terminal import say

_TROUBLE = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b")
_TIME = re.compile(r"^\[?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*( [+]\d{4}\])? ?")
_ENDED = re.compile(r"exited: (?P<name>\S+) \((?P<how>.+); (not )?expected\)")
_STARTED = re.compile(r"spawned: '(?P<name>\S+)' with pid (?P<pid>\d+)")
_KILLED = re.compile(r"killing '(?P<name>\S+)' \(\d+\) with SIGKILL")
_GAVE_UP = re.compile(r"gave up: (?P<name>\S+) entered FATAL state")
_MOST_LINES = 5
_LONGEST_LINE = 300


class Follower:
    """Reads what is appended to a log, from its present end on, through its rotations."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = path.stat().st_size if path.exists() else 0
        self._rest = b""

    def lines(self) -> Iterator[str]:
        """Yield the lines that were completed since the last call."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            if file.seek(0, 2) < self._offset:  # A new file has taken the place of the full one.
                self._offset, self._rest = 0, b""
            file.seek(self._offset)
            text = self._rest + file.read()
            self._offset = file.tell()
        *complete, self._rest = text.split(b"\n")
        yield from (line.decode(errors="replace") for line in complete)


@dataclass
class Watch:
    """Shows, each time it is asked to look, what happened since; full logs stay in `logs`."""

    logs: Path
    programs: Iterable[Program]
    _ended: set[str] = field(default_factory=set, init=False)
    _said: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Begin at the present end of every log: what earlier starts wrote is not news."""
        self._events = Follower(self.logs / "supervisor.log")
        self._followers = {
            program.name: Follower(self.logs / f"{program.name}.log")
            for program in self.programs
            if program.is_of_procfile
        }

    def look(self) -> list[str]:
        """Show what is new, and return the names of programs that supervisord gave up."""
        for name, follower in self._followers.items():
            self._tell_trouble(name, [line for line in follower.lines() if _TROUBLE.search(line)])
        given_up = []
        for line in self._events.lines():
            self._tell(line)
            if match := _GAVE_UP.search(line):
                given_up.append(match["name"])
        return given_up

    def _tell_trouble(self, name: str, lines: list[str]) -> None:
        for line in lines[:_MOST_LINES]:
            text = _TIME.sub("", line.strip())[:_LONGEST_LINE]
            if text != self._said.get(name):  # What is only tried again is no news.
                _show(name, text)
            self._said[name] = text
        if len(lines) > _MOST_LINES:
            _show(name, f"... and {len(lines) - _MOST_LINES} more such lines")

    def _tell(self, line: str) -> None:
        if match := _ENDED.search(line):
            self._ended.add(match["name"])
            _show(match["name"], f"ended ({match['how']}); see {self.logs / match['name']}.log")
        elif (match := _STARTED.search(line)) and match["name"] in self._ended:
            _show(match["name"], f"was started again (process {match['pid']})")
        elif match := _KILLED.search(line):
            again = "; its jobs will run again" if match["name"].startswith("worker") else ""
            _show(match["name"], f"did not end in its time and was killed{again}")


def _show(name: str, text: str) -> None:
    say(f"{time.strftime('%H:%M:%S')} {name}: {text}")


def tail(log: Path, count: int = 15) -> str:
    """Return the last lines of a log, indented, for an error that explains itself by them."""
    if not log.exists():
        return f"    ({log} was never written)"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    return "\n".join(f"    {line}" for line in lines)
