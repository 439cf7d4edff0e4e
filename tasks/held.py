"""What RabbitMQ has handed to a worker: so that one word can acknowledge many messages at once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple


class Ack(NamedTuple):
    """An acknowledgement to be sent.

    `send` is told whether it speaks for all that was delivered before it, too.
    """

    message: Any
    send: Callable[[bool], None]


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

    def together(self, acks: Sequence[Ack]) -> Iterator[tuple[Ack, bool]]:
        """Yield what is to be sent for these acknowledgements, and which speaks for many."""
        for ack in acks:
            self._messages.pop(ack.message, None)
        oldest = self._oldest()
        before = [
            ack
            for ack in acks
            if ack.message.channel is self._channel
            and (oldest is None or ack.message.delivery_tag < oldest.delivery_tag)
        ]
        if len(before) > 1:
            yield max(before, key=lambda ack: ack.message.delivery_tag), True
            acks = [ack for ack in acks if ack not in before]
        yield from ((ack, False) for ack in acks)

    def _oldest(self) -> Any:
        """Return the first message of which RabbitMQ waits to hear, if there is one."""
        while self._messages:
            first = next(iter(self._messages))
            if not first.acknowledged:
                return first
            del self._messages[first]  # It was rejected.
        return None
