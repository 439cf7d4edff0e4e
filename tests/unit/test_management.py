import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from pydantic import SecretStr

from launch import ports
from ledger import Settings
from tasks.management import LEFT_ALONE, Held, Management, ManagementAway


class Answers(BaseHTTPRequestHandler):
    """Says what a test has put there."""

    status, body = 200, b"[]"
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_args: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Answers.asked = []
    with HTTPServer(("127.0.0.1", 0), Answers) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def management(broker: str, management_url: str = "", port: int = 15672) -> Management:
    return Management.of(
        Settings(
            celery_broker_url=SecretStr(broker),
            management_url=SecretStr(management_url),
            rabbitmq_management_port=port,
        )
    )


@pytest.mark.parametrize(
    ("broker", "url", "base"),
    [
        ("amqp://guest:guest@localhost:5672//", "", "http://localhost:15672"),
        ("amqp://a:b@[::1]//", "", "http://[::1]:15672"),
        ("amqp://far/x", "https://u:p@other:99/rabbit/", "https://other:99/rabbit"),
    ],
)
def test_it_is_on_the_brokers_host_unless_it_is_set(broker: str, url: str, base: str) -> None:
    assert management(broker, url).base == base


def test_it_asks_as_the_brokers_user_for_the_brokers_virtual_host(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"name": "default", "messages_ready": 3, "messages_unacknowledged": 2, "consumers": 1}
    monkeypatch.setattr(Answers, "body", json.dumps([counts, {"name": "new"}]).encode())

    told = management("amqp://ada:p%40ss@127.0.0.1//", port=server.server_port).queues()

    assert told == {"default": Held(3, 2, 1), "new": Held(0, 0, 0)}
    ((path, authorization),) = Answers.asked
    assert path.startswith("/api/queues/%2F?columns=name,")
    assert authorization == "Basic YWRhOnBAc3M="


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b"{}", "does not let our user in"),
        (404, b"{}", "is not RabbitMQ's management"),
        (200, b"<html>", "is not RabbitMQ's management"),
        (200, b'{"a": 1}', "is not RabbitMQ's management"),
    ],
)
def test_what_it_does_not_answer_is_said(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, words: str
) -> None:
    monkeypatch.setattr(Answers, "status", status)
    monkeypatch.setattr(Answers, "body", body)
    with pytest.raises(ManagementAway, match=words):
        management("amqp://127.0.0.1", port=server.server_port).queues()


def test_where_it_is_not_there_the_repair_names_the_plugin() -> None:
    (port,) = ports.free(1)
    with pytest.raises(ManagementAway, match="does not answer at http:") as caught:
        management("amqp://127.0.0.1", port=port).queues()
    assert "rabbitmq-plugins enable rabbitmq_management" in caught.value.repair


def test_after_a_silence_it_is_left_alone_for_a_while_so_that_pages_stay_fast(
    server: HTTPServer,
) -> None:
    now = [0.0]
    (port,) = ports.free(1)
    asked = Management(f"http://127.0.0.1:{port}", "guest", "guest", "/", lambda: now[0])
    with pytest.raises(ManagementAway, match="does not answer"):
        asked.queues()
    asked.base = f"http://127.0.0.1:{server.server_port}"
    with pytest.raises(ManagementAway, match="does not answer"):
        asked.queues()
    assert Answers.asked == []
    now[0] += LEFT_ALONE
    assert asked.queues() == {}
