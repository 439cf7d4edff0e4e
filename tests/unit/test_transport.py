"""Frames are read many at a time, and each of them as it was sent, wherever the network cuts."""

import socket
from collections.abc import Iterator

import pytest
from amqp.transport import SSLTransport
from kombu import Connection as KombuConnection

from tasks import app
from tasks.transport import READ_AT_ONCE, BufferedTransport, Connection, Transport

METHOD, BODY = 1, 3
END = b"\xce"


class Wire:
    """A transport, and the socket at its other end."""

    def __init__(self) -> None:
        mine, self.theirs = socket.socketpair()
        self.transport = BufferedTransport("localhost:1")
        self.transport.sock = mine
        self.transport._setup_transport()  # noqa: SLF001 - as it does when it is connected

    def close(self) -> None:
        self.transport.sock.close()
        self.theirs.close()

    def frames(self, number: int) -> list[bytes]:
        return [bytes(self.transport.read_frame()[2]) for _ in range(number)]


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.close()


def frame(payload: bytes, kind: int = BODY) -> bytes:
    return bytes([kind, 0, 1]) + len(payload).to_bytes(4, "big") + payload + END


def test_frames_that_came_together_are_read_at_once(wire: Wire) -> None:
    payloads = [b"%d" % number for number in range(40)]
    wire.theirs.sendall(b"".join(map(frame, payloads)))
    assert not wire.transport.holds_a_frame
    assert wire.frames(1) == payloads[:1]

    wire.theirs.close()  # What is left is here.
    assert wire.transport.holds_a_frame
    assert wire.frames(39) == payloads[1:]
    assert not wire.transport.holds_a_frame


@pytest.mark.parametrize("cut", range(1, 26))
def test_half_a_frame_is_kept_until_the_rest_of_it_comes(wire: Wire, cut: int) -> None:
    whole = frame(b"one") + frame(b"another")
    wire.theirs.sendall(whole[:cut])
    with pytest.raises(TimeoutError), wire.transport.having_timeout(0.05):
        wire.frames(2)
    seen_whole = cut >= len(frame(b"one"))
    assert not wire.transport.holds_a_frame

    wire.theirs.sendall(whole[cut:])
    assert wire.frames(1 if seen_whole else 2)[-1] == b"another"


def test_a_frame_longer_than_what_is_read_at_once_is_whole(wire: Wire) -> None:
    large = bytes(3 * READ_AT_ONCE)
    wire.theirs.sendall(frame(large, METHOD))
    assert wire.frames(1) == [large]


def test_the_sockets_mode_is_left_alone_where_a_frame_is_there_already(wire: Wire) -> None:
    wire.theirs.sendall(frame(b"one") + frame(b"another"))
    with wire.transport.having_timeout(1.0):
        assert wire.transport.sock.gettimeout() == 1.0
        wire.frames(1)
    with wire.transport.having_timeout(1.0):
        assert wire.transport.sock.gettimeout() is None
        wire.frames(1)


def test_the_socket_blocks_again_after_a_wait_that_was_bounded(wire: Wire) -> None:
    wire.theirs.sendall(frame(b"one"))
    with wire.transport.having_timeout(1.0):
        wire.frames(1)
    assert wire.transport.sock.gettimeout() is None


def test_every_connection_to_rabbitmq_is_made_this_way() -> None:
    assert isinstance(app.connection_for_write().transport, Transport)
    assert isinstance(KombuConnection("amqp://").transport, Transport)


def test_one_with_tls_is_read_as_ever() -> None:
    made = Connection().Transport("localhost:1", 3, {"ca_certs": "/none"}, None, None)
    assert isinstance(made, SSLTransport)
