"""What RabbitMQ's management API says of queues: asked over HTTP, with little patience."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.error import HTTPError
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from ledger import Settings

WAIT: Final = 0.8  # seconds
LEFT_ALONE: Final = 10.0  # seconds after a silence, in which nobody waits for the next one
UNAUTHORIZED: Final = 401
COLUMNS: Final = "name,messages_ready,messages_unacknowledged,consumers"


class ManagementAway(Exception):
    """The management API gives no answer; `repair` is what may bring one."""

    def __init__(self, words: str, repair: str) -> None:
        self.repair = repair
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Held:
    """What RabbitMQ holds of a queue, as it last counted: it does so every five seconds.

    `ready` messages wait for a worker, `unacknowledged` ones are with a worker, and `consumers`
    is how many times workers listen.
    """

    ready: int
    unacknowledged: int
    consumers: int


class Management:
    """RabbitMQ's management API.

    Args:
        base: its address, without a user.
        user: who asks.
        password: of that user.
        vhost: where the queues are.
        clock: seconds that only go up.
    """

    def __init__(
        self,
        base: str,
        user: str,
        password: str,
        vhost: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = base
        self._vhost = vhost
        self._clock = clock
        self._silent_until = float("-inf")
        mark = b64encode(f"{user}:{password}".encode()).decode("ascii")
        self._headers = {"Authorization": f"Basic {mark}"}
        # On this network, not by way of a proxy that the environment names for the world.
        self._opener = build_opener(ProxyHandler({}))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the one that the settings name: by default it is on the broker's own host."""
        broker = urlsplit(settings.celery_broker_url.get_secret_value())
        given = urlsplit(settings.management_url.get_secret_value())
        user = given if given.username else broker
        host = _bracketed(broker.hostname or "localhost")
        default = f"http://{host}:{settings.rabbitmq_management_port}"
        return cls(
            _without_user(given) if given.netloc else default,
            unquote(user.username or "guest"),
            unquote(user.password or "guest"),
            unquote(broker.path[1:]) or "/",
        )

    def queues(self) -> Mapping[str, Held]:
        """Return what RabbitMQ holds, by queue.

        Raises:
            ManagementAway: it did not answer in time, or not as expected; or it was silent a moment
                ago, and is left alone.
        """
        told = self._ask(f"queues/{quote(self._vhost, safe='')}?columns={COLUMNS}")
        try:
            # A queue that was declared a moment ago has not been counted yet.
            return {
                one["name"]: Held(
                    one.get("messages_ready", 0),
                    one.get("messages_unacknowledged", 0),
                    one.get("consumers", 0),
                )
                for one in told
            }
        except (AttributeError, KeyError, TypeError) as error:
            raise self._strange() from error

    def _ask(self, path: str) -> Any:
        if self._clock() < self._silent_until:
            raise self._silent()
        request = Request(f"{self.base}/api/{path}", headers=self._headers)  # noqa: S310 - an operator's own address
        try:
            with self._opener.open(request, timeout=WAIT) as answer:
                return json.load(answer)
        except HTTPError as error:
            if error.code == UNAUTHORIZED:
                raise ManagementAway(
                    f"RabbitMQ's management at {self.base} does not let our user in.",
                    "rabbitmqctl set_user_tags USER monitoring, or set MANAGEMENT_URL with"
                    " another user.",
                ) from error
            raise self._strange() from error
        except OSError as error:
            # Pages ask each second: they would all be as slow as the silence is long.
            self._silent_until = self._clock() + LEFT_ALONE
            raise self._silent() from error
        except ValueError as error:
            raise self._strange() from error

    def _silent(self) -> ManagementAway:
        return ManagementAway(
            f"RabbitMQ's management does not answer at {self.base}.",
            "rabbitmq-plugins enable rabbitmq_management, or set MANAGEMENT_URL to where it is.",
        )

    def _strange(self) -> ManagementAway:
        return ManagementAway(
            f"What answers at {self.base} is not RabbitMQ's management.",
            "Set MANAGEMENT_URL to where that is.",
        )


def _without_user(url: SplitResult) -> str:
    return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl().rstrip("/")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
