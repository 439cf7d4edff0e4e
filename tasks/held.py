"""What RabbitMQ has handed to a worker: so that one word can acknowledge many messages at once."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Ack:
    """An acknowledgement to be sent.

    `send` is told whether it speaks for all that was delivered before it, too; `at` is since when
    it is wanted, by `time.monotonic`.
    """

    message: Any
    send: Callable[[bool], None]
    at: float = field(default_factory=time.monotonic)


class Held:
    """The messages of one channel that are not answered, in the order of their delivery.

    RabbitMQ takes an acknowledgement for all messages up to one, for which it has as much to do as
    for one. So nothing may be missing here that is still to be run; what is here for too long only
    costs a few words more.
    """

    def __init__(self) -> None:
        self._channel: Any = None
        self._messages: dict[Any, None] = {}

    def add(self, message: Any) -> None:
        """Note a delivery, whatever becomes of it; it is forgotten with its channel."""
        if message.channel is not self._channel:
            self._channel = message.channel
            self._messages.clear()
        self._messages[message] = None

    def __len__(self) -> int:
        """Return how many deliveries it knows of that are not answered."""
        return len(self._messages)

    def parted(self, acks: Collection[Ack]) -> tuple[list[Ack], list[Ack]]:
        """Return what one word can tell, that of the last, and what has to be told one by one."""
        for ack in acks:
            self._messages.pop(ack.message, None)
        oldest = self._oldest()
        before: list[Ack] = []
        others: list[Ack] = []
        for ack in acks:
            message = ack.message
            first = message.channel is self._channel and (
                oldest is None or message.delivery_tag < oldest.delivery_tag
            )
            (before if first else others).append(ack)
        return sorted(before, key=lambda ack: ack.message.delivery_tag), others

    def _oldest(self) -> Any:
        """Return the first message of which RabbitMQ waits to hear, if there is one."""
        while self._messages:
            first = next(iter(self._messages))
            if not first.acknowledged:
                return first
            del self._messages[first]  # It was rejected.
        return None
