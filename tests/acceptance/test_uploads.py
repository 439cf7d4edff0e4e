"""A file on its way in outlives the process that takes it, and whichever process comes next."""

import hashlib
import os
import signal
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from launch import ports
from tests.acceptance.workers import children
from tests.running import Postroom
from tests.waiting import until

NOWHERE = "amqp://guest:guest@127.0.0.1:1//"
DATA = os.urandom(8_000_000)
SENT = 6_500_000  # bytes before the end of the first process


@pytest.fixture
def postroom(tmp_path: Path) -> Iterator[Postroom]:
    with Postroom(tmp_path, NOWHERE) as made:
        made.console()
        yield made


class Client:
    """A program that uploads, with a token of its person's."""

    def __init__(self, postroom: Postroom) -> None:
        user = postroom.ledger.users.add("ada")
        token = postroom.ledger.users.new_token(user, "a test")
        self._always = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
        self.address = postroom.address
        self.upload = "/api/v1/uploads"

    def ask(self, verb: str, data: bytes = b"", **headers: int) -> HTTPResponse:
        connection = self.begin(verb, len(data), **headers)
        connection.send(data)
        answer = connection.getresponse()
        answer.read()
        return answer

    def begin(self, verb: str, length: int, **headers: int) -> HTTPConnection:
        """Send the headers of a request with so many bytes."""
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        connection.putrequest(verb, self.upload)
        told = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        always = {"Content-Type": "application/offset+octet-stream", "Content-Length": str(length)}
        for name, value in {**self._always, **always, **told}.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection

    def offset(self) -> int:
        return int(self.ask("HEAD").headers["Upload-Offset"])


def test_an_upload_goes_on_in_another_process_when_the_first_is_killed(
    postroom: Postroom,
) -> None:
    client = Client(postroom)
    client.upload = client.ask("POST", Upload_Length=len(DATA)).headers["Location"]
    partial = postroom.ledger.partials.rows.get(client.upload.rpartition("/")[2], "ada")
    sending = client.begin("PATCH", len(DATA), Upload_Offset=0)
    sending.send(DATA[:SENT])
    until("most of it is stored", lambda: postroom.ledger.partials.stored(partial) > SENT // 2)
    (first,) = postroom.programs
    for pid in (*children(first.pid), first.pid):
        os.kill(pid, signal.SIGKILL)

    [port] = ports.free()
    postroom.environment["PORT"] = str(port)
    postroom.address = client.address = f"http://127.0.0.1:{port}"
    postroom.console()
    stored = client.offset()
    assert SENT // 2 < stored <= SENT
    # For moments the dead process counts as the one that sends.
    until(
        "the rest is taken",
        lambda: client.ask("PATCH", DATA[stored:], Upload_Offset=stored).status == 204,
    )

    file = postroom.ledger.files.uploads([partial.id], "ada")[partial.id]
    assert (file.size, file.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    with postroom.ledger.files.open(file) as bytes_of:
        assert bytes_of.read() == DATA
