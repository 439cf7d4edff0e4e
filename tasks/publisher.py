"""Sends messages with confirms and mandatory routing, every wait bounded."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import uuid4

from amqp.exceptions import NotFound
from celery import Celery
from kombu import Connection
from kombu.entity import PERSISTENT_DELIVERY_MODE
from kombu.serialization import dumps

from ledger.outbox import Unsent
from ledger.together import Together
from tasks.line import PATIENCE, WAIT, Line, NotSent

PIECE: Final = 200  # messages that go out in one go, confirmed in a part of WAIT by a busy broker
MESSAGE_HEADER: Final = "postroom-message"  # A message's own id; a job can have several messages.


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be sent: a job as it stands in the ledger, and its inputs without secrets."""

    job: Unsent
    summary: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of messages: the jobs that RabbitMQ has, in their order, and why not the others."""

    jobs: list[Unsent]
    error: NotSent | None


@dataclass(frozen=True, slots=True)
class _Asked:
    messages: Sequence[Message]
    since: float


class Publisher:
    """Sends on a connection of its own, with confirms and mandatory routing, every wait bounded.

    It may be shared by threads: what they send at the same moment goes out in one go, and they wait
    together for what RabbitMQ says of it. After a fork the child's first message opens another
    connection.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._line = Line(app)
        self._together = Together(self._send_for_all)

    def send(self, job: Unsent, summary: str) -> None:
        """Send one message that names the job.

        Args:
            job: the job as it stands in the ledger.
            summary: its inputs without secrets, for Flower.

        Raises:
            NotSent: RabbitMQ did not confirm in time, or nobody took the message.
        """
        if error := self.send_all([Message(job, summary)]).error:
            raise error

    def send_all(self, messages: Sequence[Message]) -> Sent:
        """Send messages in their order, each on its way before the one before it is confirmed.

        It takes no longer than a single one in bad weather; PIECE is a number that RabbitMQ
        confirms in a part of that time.
        """
        try:
            return self._together.do(_Asked(messages, time.monotonic()), PATIENCE)
        except TimeoutError:
            return Sent([], NotSent("RabbitMQ is slow, and others wait for it already"))

    def _send_for_all(self, asked: list[_Asked]) -> list[Sent]:
        """Send what several threads asked for, what could not be confirmed at first once more."""
        confirmed: set[int] = set()
        messages = [message for one in asked for message in one.messages]
        error: NotSent | None = None
        try:
            oldest = min(one.since for one in asked)
            self._line.use(lambda _: self._send(messages, confirmed), oldest)
        except NotSent as unknown:
            error = unknown
        answers = []
        for one in asked:
            jobs = [message.job for message in one.messages if id(message) in confirmed]
            whole = len(jobs) == len(one.messages)
            answers.append(Sent(jobs, None if whole else error))
        return answers

    def _send(self, messages: list[Message], confirmed: set[int]) -> None:
        """Send those that are not among the confirmed ones, and add them as they are."""
        confirms = self._line.confirms
        deadline = time.monotonic() + WAIT
        for message in messages:
            if time.monotonic() > deadline:
                raise TimeoutError("RabbitMQ takes messages too slowly")
            if id(message) not in confirmed:
                confirms.publish(
                    self._amqp_message(message),
                    self._app.conf.task_default_exchange,
                    message.job.queue,
                    partial(confirmed.add, id(message)),
                )
        confirms.settle(WAIT)

    def _amqp_message(self, message: Message) -> Any:
        job = message.job
        task = self._app.amqp.as_task_v2(
            job.id, job.kind, argsrepr=message.summary, kwargsrepr="{}", ignore_result=True
        )
        content_type, encoding, body = dumps(task.body, "json")
        return self._line.confirms.prepare(
            body,
            job.priority,
            content_type,
            encoding,
            task.headers | {MESSAGE_HEADER: str(uuid4())},
            task.properties | {"delivery_mode": PERSISTENT_DELIVERY_MODE},
        )

    def waiting(self, queue: str) -> int:
        """Return how many messages a queue holds that no worker has; 0 if it does not exist.

        Raises:
            NotSent: RabbitMQ did not answer in time.
        """

        def look(connection: Connection) -> int:
            channel = connection.default_channel
            try:
                return int(channel.queue_declare(queue, passive=True).message_count)
            except NotFound:
                self._line.drop()  # The answer closed the channel; the next use declares.
                return 0

        return self._line.use(look)

    def take(self, queue: str, keep: Callable[[Any], None], limit: int) -> None:
        """Take messages from a queue and acknowledge each once it is kept.

        Args:
            queue: its name.
            keep: is given py-amqp's message; what it raises leaves the message in the queue.
            limit: how many at the most.

        Raises:
            NotSent: RabbitMQ did not answer in time.
        """

        def take_each(connection: Connection) -> None:
            channel = connection.default_channel
            for _ in range(limit):
                message = channel.basic_get(queue)
                if message is None:
                    return
                try:
                    keep(message)
                except BaseException:
                    self._line.drop()  # So RabbitMQ puts the message back.
                    raise
                channel.basic_ack(message.delivery_tag)

        self._line.use(take_each)

    def close(self) -> None:
        """Drop the connection."""
        self._line.close()
