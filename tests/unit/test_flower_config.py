"""Where Flower asks how long the queues are: where the console asks too."""

import runpy
from pathlib import Path

import pytest

CONFIG = Path(__file__).parent.parent.parent / "flowerconfig.py"


@pytest.mark.parametrize(
    ("broker", "management", "port", "asked"),
    [
        ("", "", "", "http://guest:guest@localhost:15672/api/"),
        ("amqp://a:b@[::1]//", "", "99", "http://a:b@[::1]:99/api/"),
        ("amqp://a:b@far/x", "https://other:99/rabbit/", "", "https://a:b@other:99/rabbit/api/"),
        ("amqp://a:b@far/x", "https://c:d@other", "", "https://c:d@other/api/"),
    ],
)
def test_flower_asks_on_the_brokers_host_unless_it_is_told_another_place(
    monkeypatch: pytest.MonkeyPatch, broker: str, management: str, port: str, asked: str
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", broker)
    monkeypatch.setenv("MANAGEMENT_URL", management)
    monkeypatch.setenv("RABBITMQ_MANAGEMENT_PORT", port)

    assert runpy.run_path(str(CONFIG))["broker_api"] == asked
