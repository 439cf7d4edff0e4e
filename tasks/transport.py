"""The way to RabbitMQ, by which many frames are read at a time.

py-amqp asks the kernel three times for each frame, and a delivery has three of them; and kombu's
loop handles one message in each of its turns.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from amqp.exceptions import RecoverableConnectionError
from amqp.transport import TCPTransport
from kombu.transport import TRANSPORT_ALIASES, pyamqp

READ_AT_ONCE = 8_192  # bytes; a delivery has about a thousand
HANDLED_AT_ONCE = 16  # messages, until the loop looks at its timers and processes again
AROUND_A_FRAME = 8  # bytes: a head of seven, of which the last four tell its length, and an end


class BufferedTransport(TCPTransport):
    """A socket from which more is read than is asked for."""

    def _setup_transport(self) -> None:
        super()._setup_transport()
        receive = self.sock.recv
        self._quick_recv = lambda size: receive(max(size, READ_AT_ONCE))

    @property
    def holds_a_frame(self) -> bool:
        """Whether a whole frame waits here, so that nothing need be read from the socket."""
        held = self._read_buffer
        if len(held) < AROUND_A_FRAME:
            return False
        (size,) = struct.unpack_from(">I", held, 3)
        return bool(len(held) >= AROUND_A_FRAME + size)

    @contextmanager
    def having_timeout(self, timeout: float | None) -> Iterator[Any]:
        """Bound the wait for a frame, where there is a wait."""
        if self.holds_a_frame:
            yield self.sock
        else:
            with super().having_timeout(timeout) as sock:
                yield sock


class Connection(pyamqp.Connection):
    """kombu's, on such a socket; with TLS it is read as ever."""

    def Transport(self, host: str, connect_timeout: float, *more: Any, **settings: Any) -> Any:  # noqa: N802 - py-amqp's name
        """Return what bytes are read from and written to."""
        tls, read_timeout, write_timeout = more
        if tls:
            return super().Transport(host, connect_timeout, *more, **settings)
        return BufferedTransport(host, connect_timeout, read_timeout, write_timeout, **settings)


class Transport(pyamqp.Transport):
    """kombu's, which handles in one turn of its loop what has been read."""

    Connection = Connection

    def _make_reader(self, connection: Any) -> Any:
        transport = connection.transport
        if not isinstance(transport, BufferedTransport):
            return super()._make_reader(connection)

        def read(loop: Any) -> None:
            if not connection.connected:
                raise RecoverableConnectionError("Socket was disconnected")
            with suppress(TimeoutError, BlockingIOError, InterruptedError):
                for _message in range(HANDLED_AT_ONCE):
                    connection.drain_events(timeout=0)
                    if not transport.holds_a_frame:
                        return  # What still comes wakes the loop.
                loop.call_soon(read, loop)

        return read


def use() -> None:
    """Have all connections of this program to an address `amqp://` made this way."""
    TRANSPORT_ALIASES["amqp"] = TRANSPORT_ALIASES["pyamqp"] = "tasks.transport:Transport"
