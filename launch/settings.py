"""What a person can set for a start: environment variables, read once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from launch.amqp import Address
from launch.errors import LaunchError

Value = TypeVar("Value")

# (name, default, meaning): what `bin/run --help` lists. The programs it starts read more.
VARIABLES = (
    ("PORT", "8000", "the console's port"),
    ("HOST", "127.0.0.1", "the address on which the console listens"),
    ("FLOWER_PORT", "5555", "Flower's port"),
    ("CELERY_BROKER_URL", "amqp://guest:guest@localhost:5672//", "RabbitMQ, if one answers there"),
    ("RABBITMQ_MANAGEMENT_PORT", "15672", "the port of RabbitMQ's management page"),
    ("DATABASE_URL", "sqlite under var/", "the ledger of all jobs; PostgreSQL in production"),
    ("STORAGE_URL", "a folder under var/", "uploads and results; any fsspec URL"),
    ("POSTROOM_VAR", "var", "the folder for everything that is kept"),
    ("WORKERS", "2", "how many worker processes run"),
    ("CONCURRENCY", "2", "how many jobs each of them runs at a time"),
    ("GRACE", "30", "seconds that running jobs get to finish after Ctrl-C"),
    ("ACK_TIMEOUT", "86400", "RabbitMQ's acknowledgement timeout in seconds; 1800 if not ours"),
    ("LOG_LEVEL", "INFO", "how much the workers' logs tell"),
)
_DEFAULTS = {name: default for name, default, _ in VARIABLES}
_LAST_PORT = 65_535


@dataclass(frozen=True)
class Settings:
    """One start's choices; durations are in seconds, folders absolute."""

    root: Path
    var: Path
    host: str
    port: int
    flower_port: int
    management_port: int
    broker: Address
    workers: int
    grace: int
    ack_timeout: float

    @classmethod
    def read(cls, environment: Mapping[str, str], root: Path) -> "Settings":
        """Read the environment of a start in the checkout `root`; empty means unset.

        Raises:
            LaunchError: values that make no sense; the message names all of them.
        """
        wrong: list[str] = []

        def value(name: str, parse: Callable[[str], Value], fallback: Value) -> Value:
            text = environment.get(name) or _DEFAULTS[name]
            try:
                return parse(text)
            except ValueError as error:
                wrong.append(f"  {name}: {error}")
                return fallback

        settings = cls(
            root=root,
            var=(root / (environment.get("POSTROOM_VAR") or _DEFAULTS["POSTROOM_VAR"])).resolve(),
            host=environment.get("HOST") or _DEFAULTS["HOST"],
            port=value("PORT", _port, 0),
            flower_port=value("FLOWER_PORT", _port, 0),
            management_port=value("RABBITMQ_MANAGEMENT_PORT", _port, 0),
            broker=value("CELERY_BROKER_URL", Address.parse, Address()),
            workers=value("WORKERS", _count, 0),
            grace=value("GRACE", _count, 0),
            ack_timeout=value("ACK_TIMEOUT", float, 0.0),
        )
        if wrong:
            message = "\n".join(["Settings in the environment that make no sense:", *wrong])
            raise LaunchError(message, code=2)
        return settings


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _port(text: str) -> int:
    if not 0 < (port := _count(text)) <= _LAST_PORT:
        raise ValueError(f"{text} is no port; 1 to {_LAST_PORT} are")
    return port
