"""A TCP proxy on loopback that fails as networks do: it falls silent, resets, or refuses."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

_AT_ONCE = struct.pack("ii", 1, 0)  # With no time to linger, to close is to reset.


class Proxy:
    """Passes bytes to a server on loopback, until it is told to fail.

    Args:
        port: the server's.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._listens = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._asking: asyncio.Event
        self._answering: asyncio.Event
        self._ended: asyncio.Event
        self._refusing = False
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    def url(self, direct: str) -> str:
        """Return a URL of the server that leads through the proxy."""
        return direct.replace(f"127.0.0.1:{self._server_port}", f"127.0.0.1:{self.port}")

    def silence(self) -> None:
        """Pass on nothing, in both directions; new connections are silent too."""
        self._do(self._asking.clear)
        self._do(self._answering.clear)

    def muffle(self) -> None:
        """Pass on nothing to the server; what it says is still heard."""
        self._do(self._asking.clear)

    def speak(self) -> None:
        """Pass on what was held back and all that follows, and take connections again."""
        self._refusing = False
        self._do(self._asking.set)
        self._do(self._answering.set)

    def reset(self) -> None:
        """Cut every connection by a reset; new ones are taken."""
        self._do(self._cut)

    def refuse(self) -> None:
        """Cut every connection, and each new one at once."""
        self._refusing = True
        self._do(self._cut)

    def _do(self, action: Callable[[], object]) -> None:
        async def act() -> None:
            action()

        asyncio.run_coroutine_threadsafe(act(), self._loop).result(5)

    def _cut(self) -> None:
        for writer in self._open:
            end: socket.socket = writer.get_extra_info("socket")
            with suppress(OSError):  # It may have been closed in this very moment.
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            writer.transport.abort()
        self._open.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._lead_on(reader, writer)
        finally:  # Also where the proxy ends in the midst of it.
            self._open.discard(writer)
            writer.close()

    async def _lead_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        self._open.add(writer)
        await self._asking.wait()
        try:
            onward = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self._open.add(onward[1])
        with suppress(asyncio.CancelledError):  # asyncio would complain of it on its way out.
            await asyncio.gather(
                self._pass(reader, onward[1], self._asking),
                self._pass(onward[0], writer, self._answering),
            )

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event
    ) -> None:
        try:
            while piece := await reader.read(65_536):
                await passing.wait()
                writer.write(piece)
                await writer.drain()
        except OSError:
            return  # Either end may be cut at any time; that is what the proxy is for.
        finally:
            self._open.discard(writer)
            writer.close()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._asking, self._answering = asyncio.Event(), asyncio.Event()
        self._ended = asyncio.Event()
        self._asking.set()
        self._answering.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listens.set()
        await self._ended.wait()
        server.close()
        self._cut()

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        assert self._listens.wait(5)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End it with all its connections."""
        self._do(self._ended.set)
        self._thread.join(5)
