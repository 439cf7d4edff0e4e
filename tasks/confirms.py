"""Messages on one channel that RabbitMQ has not confirmed yet, however many are under way."""

import time
from collections.abc import Callable
from typing import Any

from amqp.exceptions import ChannelError, MessageNacked


class Confirms:
    """Publishes on a channel in confirm mode, and knows what came of each message.

    After an error nothing is known of the messages that are still open, and the channel is to be
    given up.

    Args:
        channel: kombu's, on which nothing else publishes.
    """

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._published = 0  # RabbitMQ numbers what it gets on a channel from 1.
        self._open: dict[int, tuple[str, Callable[[], None]]] = {}
        self._returned: set[str] = set()
        self._refused: Exception | None = None
        channel.confirm_select()
        channel.events["basic_ack"].add(self._acked)
        channel.events["basic_nack"].add(self._nacked)
        channel.events["basic_return"].add(self._came_back)

        self.prepare = channel.prepare_message

    def publish(
        self, message: Any, exchange: str, queue: str, confirmed: Callable[[], None]
    ) -> None:
        """Send a message and do not wait; `confirmed` is called once RabbitMQ has it in a queue.

        Raises:
            OSError: the connection is gone, or takes no more.
        """
        self._published += 1
        self._open[self._published] = (message.properties["correlation_id"], confirmed)
        self._channel.basic_publish(message, exchange, queue, mandatory=True)

    def settle(self, seconds: float) -> None:
        """Wait for what RabbitMQ says of every message.

        Raises:
            TimeoutError: it has not said it in time.
            ChannelError, MessageNacked: no queue took a message, or one could not keep it.
        """
        deadline = time.monotonic() + seconds
        while self._open:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{len(self._open)} messages are not confirmed in time")
            self._channel.connection.drain_events(timeout=left)
        if self._refused is not None:
            raise self._refused

    def _take(self, tag: int, multiple: bool) -> list[tuple[str, Callable[[], None]]]:  # noqa: FBT001 - AMQP's word
        if not multiple:
            return [self._open.pop(tag)]
        return [self._open.pop(one) for one in list(self._open) if one <= tag]

    def _acked(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - as above
        for name, confirmed in self._take(tag, multiple):
            # A message that no queue takes comes back first, and is acknowledged all the same.
            if name not in self._returned:
                confirmed()

    def _nacked(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - as above
        if self._take(tag, multiple):
            self._refused = MessageNacked("RabbitMQ can't keep the message")

    def _came_back(self, error: ChannelError, _exchange: str, _queue: str, message: Any) -> None:
        self._refused = error
        self._returned.add(message.properties["correlation_id"])
