"""A client that costs little: many kept connections in one thread, and a request ready as bytes.

Run by `bench.accepts` in a process of its own, so that what it uses itself is not the console's.
"""

import json
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

HEAD_END = b"\r\n\r\n"


@dataclass
class Connection:
    """One kept connection; `since` is when its request was due, or 0 while it has none."""

    socket: socket.socket
    since: float = 0.0
    answer: bytearray = field(default_factory=bytearray)


class Client:
    """Sends the same request again and again, and counts what is answered 202."""

    def __init__(self, port: int, connections: int, request: bytes) -> None:
        self._request = request
        self._selector = selectors.DefaultSelector()
        self.idle: deque[Connection] = deque()
        self.took: list[float] = []
        for _ in range(connections):
            opened = Connection(socket.create_connection(("127.0.0.1", port)))
            opened.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(opened.socket, selectors.EVENT_READ, opened)
            self.idle.append(opened)

    def send(self, since: float) -> None:
        """Send a request on an idle connection."""
        connection = (
            self.idle.popleft()
        )  # The one that has been idle longest: the console closes those.
        connection.since = since
        connection.socket.sendall(self._request)

    def receive(self, timeout: float) -> None:
        """Take what has come, within so many seconds."""
        for key, _ in self._selector.select(max(0.0, timeout)):
            connection: Connection = key.data
            piece = connection.socket.recv(65_536)
            if not piece:
                raise SystemExit("The console closed a connection.")
            connection.answer += piece
            if whole(connection.answer):
                if not connection.answer.startswith(b"HTTP/1.1 202"):
                    raise SystemExit(connection.answer.decode())
                self.took.append(time.perf_counter() - connection.since)
                connection.answer.clear()
                self.idle.append(connection)

    def flood(self, seconds: float) -> None:
        """Keep every connection busy for so long."""
        end = time.perf_counter() + seconds
        total = len(self.idle)
        while (now := time.perf_counter()) < end:
            while self.idle:
                self.send(now)
            self.receive(end - now)
        while len(self.idle) < total:
            self.receive(5)

    def steadily(self, rate: float, seconds: float) -> None:
        """Send so many a second; one that is due while all are busy waits, and that counts."""
        began, total = time.perf_counter(), len(self.idle)
        due = self._moments(began, rate, seconds)
        moment = next(due, None)
        while moment is not None:
            now = time.perf_counter()
            if moment <= now and self.idle:
                self.send(moment)
                moment = next(due, None)
            else:
                self.receive(moment - now if self.idle else 5)
        while len(self.idle) < total:
            self.receive(5)

    @staticmethod
    def _moments(began: float, rate: float, seconds: float) -> Iterator[float]:
        for number in range(int(rate * seconds)):
            yield began + number / rate


def whole(answer: bytearray) -> bool:
    """Return whether an answer has all its bytes."""
    head, end, body = bytes(answer).partition(HEAD_END)
    if not end:
        return False
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    raise SystemExit(f"An answer without a length: {answer.decode()}")


def main() -> None:
    """Do what the one argument says, in JSON, and print what came of it in JSON."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    client = Client(asked["port"], asked["connections"], asked["request"].encode())
    client.flood(0.5)  # Whatever is made once for each connection is made now.
    warm = len(client.took)
    client.took.clear()
    began, cpu = time.perf_counter(), time.process_time()
    if "rate" in asked:
        client.steadily(asked["rate"], asked["seconds"])
    else:
        client.flood(asked["seconds"])
    lasted = time.perf_counter() - began
    told = {
        "took": client.took,
        "lasted": lasted,
        "cpu": (time.process_time() - cpu) / lasted,
        "all": warm + len(client.took),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
