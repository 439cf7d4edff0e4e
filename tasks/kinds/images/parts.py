"""Keeps finished pictures in parts, so that the next attempt begins after the last of them."""

import json
import logging
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import LedgerUnavailable, StorageError
from tasks.context import checkpoint, kept, resume
from tasks.kinds.images.facts import Fact
from tasks.kinds.images.pipeline import Finished
from tasks.kinds.images.words import amount

logger = logging.getLogger(__name__)

# Seconds between two ways to the ledger and the storage, and the share of the work so far that may
# be lost where that is more: a death costs the pictures of a moment, and the row names some hundred
# parts after an hour.
KEEP_FIRST, KEEP_EVERY = 0.5, 10.0
SHARE = 1 / 64
COST = 20  # times as long as the last way took; a slow storage is not asked all the time
TELL_EVERY = 10.0  # seconds between two lines about that

_FACTS = "facts.json"


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture as a part has it: its fact, its file and a small JPEG of it."""

    fact: Fact
    data: bytes
    thumb: bytes


class Parts:
    """ZIP files of finished pictures: the one that grows, and those that are kept.

    Args:
        scratch: a folder for the one that grows, and for those that could not be kept yet.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._names: list[str] = []
        self._unkept: list[Path] = []
        self._part: zipfile.ZipFile | None = None
        self._in_part: list[Fact] = []
        self._begun = self._kept_at = self._told_at = time.monotonic()
        self._cost = 0.0
        self.facts: dict[int, Fact] = {}

    def take_up(self) -> None:
        """Take up what earlier attempts have finished."""
        for number in range(resume() or 0):
            name = _name(number)
            try:
                with zipfile.ZipFile(kept(name)) as part:
                    facts = _facts(part)
            except (StorageError, KeyError, TypeError, zipfile.BadZipFile) as error:
                logger.warning("What an earlier attempt kept is gone, so it is redone: %s", error)
                facts = []
            self._names.append(name)
            self.facts |= {fact.number: fact for fact in facts}
        if self.facts:
            done = amount(len(self.facts), "picture")
            logger.info("%s had been done before this attempt began.", done)

    def add(self, finished: Finished) -> None:
        """Take a finished picture, or one that is skipped."""
        fact, shrunk = finished.fact, finished.shrunk
        if self._part is None:
            self._part = zipfile.ZipFile(self._scratch / _name(len(self._names)), "x")
        if shrunk is not None:
            self._part.writestr(f"{fact.number}", shrunk.data)
            self._part.writestr(f"{fact.number}.jpg", shrunk.thumb)
        self.facts[fact.number] = fact
        self._in_part.append(fact)
        if (begun := time.monotonic()) - self._kept_at > self._pause():
            self._keep()
            self._kept_at = time.monotonic()
            self._cost = self._kept_at - begun

    def _pause(self) -> float:
        """Return for how many seconds finished pictures may wait to be kept."""
        share = SHARE * (self._kept_at - self._begun)
        return min(max(share, COST * self._cost, KEEP_FIRST), KEEP_EVERY)

    def _keep(self) -> None:
        """Give what is finished to the next attempt, should there be one."""
        self._close()
        try:
            checkpoint(len(self._names), *self._unkept)
        except (LedgerUnavailable, StorageError) as error:
            # A death now costs more pictures, and that is all: the next time brings these along.
            logger.warning("What is done so far can't be kept yet; the work goes on: %s", error)
        self._unkept = [path for path in self._unkept if path.exists()]
        if time.monotonic() - self._told_at > TELL_EVERY:
            logger.info("%s so far.", amount(len(self.facts), "picture"))
            self._told_at = time.monotonic()

    def _close(self) -> None:
        if self._part is not None:
            self._part.writestr(_FACTS, json.dumps([fact.as_json() for fact in self._in_part]))
            self._part.close()
            path = self._scratch / _name(len(self._names))
            self._names.append(path.name)
            self._unkept.append(path)
            self._part, self._in_part = None, []

    def pictures(self) -> Iterator[Picture]:
        """Yield every finished picture that has a file, and take no more."""
        self._close()
        for name in self._names:
            path = self._scratch / name
            with zipfile.ZipFile(path if path in self._unkept else kept(name)) as part:
                for fact in sorted(_facts(part), key=lambda fact: fact.number):
                    if self.facts.get(fact.number) == fact and fact.result:
                        thumb = part.read(f"{fact.number}.jpg")
                        yield Picture(fact, part.read(f"{fact.number}"), thumb)


def _facts(part: zipfile.ZipFile) -> list[Fact]:
    return [Fact.of_json(one) for one in json.loads(part.read(_FACTS))]


def _name(number: int) -> str:
    return f"part-{number:05}.zip"
