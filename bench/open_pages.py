"""Open pages as a browser's scripts keep them: by a stream of changes, or else by polling."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

_STATUS = re.compile(rb"HTTP/1\.\d (\d+)")
POLL = {"job": 1.0, "list": 2.0}  # seconds between two questions, as the scripts have them


@dataclass(frozen=True, slots=True)
class Console:
    """Where the console is, and the cookie of somebody who has signed in."""

    host: str
    port: int
    cookie: str

    async def asked(self, path: str) -> tuple[int, bytes]:
        """Ask for a page on a connection of its own; return the status and the body."""
        reader, writer = await self.opened(path, more="Connection: close\r\n")
        try:
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        return status_of(head), body

    async def opened(
        self, path: str, more: str = ""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send a request, and leave the answer to be read."""
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nCookie: {self.cookie}\r\n"
            f"Accept: */*\r\n{more}\r\n".encode()
        )
        return reader, writer


def status_of(head: bytes) -> int:
    """Return the status of an answer."""
    found = _STATUS.match(head)
    assert found is not None, head
    return int(found[1])


@dataclass(slots=True)
class Page:
    """One open page, and when it last heard of something.

    `sort` is "job" or "list"; `heard` has the moment at which each mark came first, and `beats`
    that of everything that came.
    """

    sort: str
    job: str
    events: str
    poll: str
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    streams: bool = False
    heard: dict[str, float] = field(default_factory=dict)
    beats: list[float] = field(default_factory=list)

    async def stay(self, console: Console) -> None:
        """Stay open until cancelled."""
        while True:
            async for data in self._listened(console):
                self._hear(data)
            if self.streams:
                await asyncio.sleep(1)  # As a browser does where a stream broke off.
            else:
                await self._polls(console)

    async def _listened(self, console: Console) -> AsyncIterator[bytes]:
        reader, writer = await console.opened(self.events)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if status_of(head) != 200:
                return
            self.streams = True
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    yield line
                    self.ready.set()
        finally:
            writer.close()

    async def _polls(self, console: Console) -> None:
        # Pages are opened at different moments, and so they ask at different moments.
        await asyncio.sleep(POLL[self.sort] * (id(self) // 64 % 100) / 100)
        self.ready.set()
        while True:
            status, body = await console.asked(self.poll)
            if status == 200:
                self._hear(body)
                self._go_on_after(json.loads(body))
            await asyncio.sleep(POLL[self.sort])

    def _go_on_after(self, told: dict[str, Any]) -> None:
        path = self.poll.partition("?")[0]
        if self.sort == "list":
            self.poll = f"{path}?seen={told['pulse']}"
        else:
            self.poll = f"{path}?after={told['cursor']}&revision={told['revision']}"

    def _hear(self, data: bytes) -> None:
        now = time.perf_counter()
        self.beats.append(now)
        for mark in re.findall(rb"change-\d+-of", data):
            self.heard.setdefault(mark.decode(), now)
