"""The opening of an AMQP 0-9-1 conversation: whether a RabbitMQ answers, and lets us in.

An open port proves little: a node that starts or stops accepts connections and says nothing, and
any other program may hold the port. So the whole greeting is held, from the protocol header to an
open virtual host, and ended politely.
"""

import contextlib
import socket
import ssl
import struct
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

_METHOD_FRAME, _FRAME_END = 1, 0xCE
_START, _START_OK, _TUNE, _TUNE_OK = (10, 10), (10, 11), (10, 30), (10, 31)
_OPEN, _OPEN_OK, _CLOSE, _CLOSE_OK = (10, 40), (10, 41), (10, 50), (10, 51)
# Asks RabbitMQ to say why it refuses a login; without this it only hangs up.
_CAPABILITIES = (
    b"\x0ccapabilitiesF" + b"\x00\x00\x00\x1f" + b"\x1cauthentication_failure_closet\x01"
)


class SilentError(Exception):
    """Nobody speaks AMQP there; the message says what happened instead."""


class RefusedError(Exception):
    """A broker answers and does not let us in; the message carries its own words."""


@dataclass(frozen=True)
class Address:
    """Where a broker is, and as whom and to which virtual host we come."""

    host: str = "localhost"
    port: int = 5672
    user: str = "guest"
    password: str = "guest"  # noqa: S105  # RabbitMQ's own default, good on loopback only.
    vhost: str = "/"
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `amqp://user:password@host:port/vhost` as Celery does; each part may be left out.

        Raises:
            ValueError: it is no AMQP URL; the message says why, without the password.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("amqp", "amqps", "pyamqp"):
            raise ValueError(f"{parts.scheme or 'no scheme'} instead of amqp:// or amqps://")
        tls = parts.scheme == "amqps"
        return cls(
            host=parts.hostname or cls.host,
            port=parts.port or (5671 if tls else cls.port),
            user=unquote(parts.username or cls.user),
            password=unquote(parts.password or cls.password),
            vhost=unquote(parts.path[1:]) or cls.vhost,
            tls=tls,
        )

    @property
    def is_loopback(self) -> bool:
        """Whether a node on this machine, listening on 127.0.0.1, can be meant."""
        return self.host in ("localhost", "127.0.0.1") and not self.tls

    def __str__(self) -> str:
        """Return host and port, for people."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Greeting:
    """What a broker said about itself."""

    version: str
    cluster: str


def greet(address: Address, seconds: float = 2.0) -> Greeting:
    """Open a connection and its virtual host, and close both; each wait lasts `seconds` at most.

    Raises:
        SilentError: nothing there speaks AMQP (yet).
        RefusedError: the login or the virtual host was refused.
    """
    try:
        with contextlib.closing(_connect(address, seconds)) as wire:
            return _converse(wire, address)
    except OSError as error:
        raise SilentError(error.strerror or str(error)) from error
    except struct.error as error:
        raise SilentError("something other than AMQP answered") from error


def _connect(address: Address, seconds: float) -> socket.socket:
    wire = socket.create_connection((address.host, address.port), timeout=seconds)
    if address.tls:
        context = ssl.create_default_context()
        return context.wrap_socket(wire, server_hostname=address.host)
    return wire


def _converse(wire: socket.socket, address: Address) -> Greeting:
    wire.sendall(b"AMQP\x00\x00\x09\x01")
    properties = _expect(wire, _START)
    greeting = Greeting(_property(properties, "version"), _property(properties, "cluster_name"))
    login = f"\0{address.user}\0{address.password}".encode()
    _send(
        wire, _START_OK, _long(_CAPABILITIES) + _short(b"PLAIN") + _long(login) + _short(b"en_US")
    )
    channels, frame_size, _ = struct.unpack(">HIH", _expect(wire, _TUNE))
    _send(wire, _TUNE_OK, struct.pack(">HIH", channels, frame_size, 0))
    _send(wire, _OPEN, _short(address.vhost.encode()) + b"\0\0")
    _expect(wire, _OPEN_OK)
    _send(wire, _CLOSE, struct.pack(">H", 200) + _short(b"bye") + struct.pack(">HH", 0, 0))
    _expect(wire, _CLOSE_OK)
    return greeting


def _send(wire: socket.socket, method: tuple[int, int], arguments: bytes) -> None:
    payload = struct.pack(">HH", *method) + arguments
    wire.sendall(
        struct.pack(">BHI", _METHOD_FRAME, 0, len(payload)) + payload + bytes([_FRAME_END])
    )


def _expect(wire: socket.socket, method: tuple[int, int]) -> bytes:
    """Return the arguments of the next method, which must be `method`."""
    kind, _, size = struct.unpack(">BHI", _read(wire, 7))
    if kind != _METHOD_FRAME:
        raise SilentError("something other than AMQP answered")
    payload = _read(wire, size + 1)
    received = struct.unpack(">HH", payload[:4])
    if received == _CLOSE:
        code, length = struct.unpack(">HB", payload[4:7])
        raise RefusedError(f"{code} {payload[7 : 7 + length].decode(errors='replace')}")
    if received != method:
        raise SilentError(f"an answer out of order, {received} instead of {method}")
    return payload[4:-1]


def _read(wire: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        chunk = wire.recv(size - len(received))
        if not chunk:
            raise SilentError("it hung up before the greeting was over")
        received += chunk
    return received


def _short(text: bytes) -> bytes:
    return struct.pack(">B", len(text)) + text


def _long(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def _property(properties: bytes, name: str) -> str:
    """Return one text of a table of server properties, "" if it is not there."""
    _, found, rest = properties.partition(_short(name.encode()) + b"S")
    if not found:
        return ""
    (length,) = struct.unpack(">I", rest[:4])
    return rest[4 : 4 + length].decode(errors="replace")
