"""One thread writes to all open streams of this process, so that none of them holds a thread.

A request's own thread sends what there is at first. When there is nothing more at the moment, it
parts from the connection, which is kept here and goes on when its bell rings:

    view ─► Stream ── says what there is ──► the server's thread ── Parted ──► Streams.keep
                                                                                ▲     │
                                                           the watch ─── bell ──┘     ▼ the page
"""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import Final, Self

logger = logging.getLogger(__name__)

TICK: Final = 1.0  # seconds between two looks at streams whose bell does not ring
PATIENCE: Final = 60.0  # seconds for which a page may take nothing of what it is sent
LEAVE: Final = 2.0  # seconds in which streams that have ended are to be gone

Make = Callable[[Callable[[], None]], Generator[str]]


class Parted(BaseException):
    """Goes through the server's writing of an answer, which it ends; it is no error.

    `stream` is what goes on without the server's thread.
    """

    def __init__(self, stream: "Stream") -> None:
        super().__init__()
        self.stream = stream


class Streams:
    """The open streams, and the thread that writes to them; it begins with the first one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._kept: set[Stream] = set()

    def keep(self, stream: "Stream", connection: socket.socket, *, chunked: bool) -> None:
        """Go on with a stream that has parted.

        Args:
            stream: what is said.
            connection: to the page, with the headers and what was said at first sent already.
            chunked: whether those headers promise a body in chunks.
        """
        with self._lock:
            loop = self._loop = self._loop or self._begun()
        stream.chunked = chunked
        self._kept.add(stream)
        connected = loop.connect_accepted_socket(lambda: stream, connection)
        asyncio.run_coroutine_threadsafe(connected, loop)

    def ring(self, stream: "Stream") -> None:
        """Have a stream go on soon; called by any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(stream.go_on)

    def forget(self, stream: "Stream") -> None:
        """Keep a stream no longer."""
        self._kept.discard(stream)

    def leave(self) -> None:
        """Give the streams a moment to end, which somebody has told them to."""
        deadline = time.monotonic() + LEAVE
        while self._kept and time.monotonic() < deadline:
            time.sleep(0.01)

    def _begun(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, args=[loop], name="streams", daemon=True).start()
        return loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon(self._tick, loop)
        loop.run_forever()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        for stream in list(self._kept):
            stream.tick()
        loop.call_later(TICK, self._tick, loop)


class Stream(asyncio.Protocol):
    """An answer that says what there is, and then parts from the thread that sends it.

    Args:
        streams: who keeps it afterwards.
        make: returns what is said, given the bell that is to ring when there is more; an empty
            piece says that there is nothing at the moment.
    """

    def __init__(self, streams: Streams, make: Make) -> None:
        self.chunked = False
        self._streams = streams
        self._pieces = make(self._ring)
        self._transport: asyncio.Transport | None = None
        self._parted = False
        self._rung = False
        self._full_since: float | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        """Return the next piece, for the server's thread to send.

        Raises:
            Parted: there is nothing at the moment; the connection is to be kept.
        """
        if piece := next(self._pieces):
            return piece.encode()
        self._parted = True
        raise Parted(self)

    def close(self) -> None:
        """End it, unless it goes on elsewhere: the server is done with it in any case."""
        if not self._parted:
            self._pieces.close()

    def keep(self, connection: socket.socket, *, chunked: bool) -> None:
        """Go on by this connection; see `Streams.keep`."""
        self._streams.keep(self, connection, chunked=chunked)

    def _ring(self) -> None:
        # A bell that rings already need not be rung; before the thread of streams has the
        # connection, there is nobody to hear it.
        if self._transport is not None and not self._rung:
            self._rung = True
            self._streams.ring(self)

    # ── On the thread of all streams ──────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say what has happened since the parting."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - as asyncio has it
        self._transport = transport
        self.go_on()

    def go_on(self) -> None:
        """Say what there is, as far as the page takes it."""
        # Before the first look: whoever rings after it is heard.
        self._rung = False
        assert self._transport is not None  # noqa: S101 - nothing rings before
        try:
            while self._full_since is None and not self._transport.is_closing():
                piece = next(self._pieces)
                if not piece:
                    return
                self._transport.write(self._framed(piece.encode()))
        except StopIteration:
            self._transport.write(b"0\r\n\r\n" if self.chunked else b"")
            self._transport.close()
        except Exception:
            # A fault of ours in what one page is sent must not end what all others are.
            logger.exception("A stream to an open page is broken off. The page asks again.")
            self._transport.abort()

    def _framed(self, piece: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(piece), piece) if self.chunked else piece

    def tick(self) -> None:
        """Say that the stream lives, if it is time for it; or give up on a page that is gone."""
        if self._transport is None:
            return
        if self._full_since is None:
            self.go_on()
        elif time.monotonic() - self._full_since > PATIENCE:
            self._transport.abort()

    def pause_writing(self) -> None:
        """Say no more for now: the page takes less than it is sent."""
        self._full_since = time.monotonic()

    def resume_writing(self) -> None:
        """Go on: the page has taken what it was sent."""
        self._full_since = None
        self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """End: the page has gone, or all has been said."""
        self._pieces.close()
        self._streams.forget(self)
