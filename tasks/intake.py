"""From which queues a worker takes jobs, and how many at a time; Celery knows no way to change it.

RabbitMQ fixes a consumer's prefetch when the consumer begins, and what a cancelled consumer has
been given stays with the worker. So a worker has several consumers of a queue for a while: where
it is to take more, another one is added for the difference; where it is to take fewer, the old
ones end, and a new one is added for each job of theirs that finishes. At no time does the worker
hold more jobs of a queue than it was told to, for others could run them.
"""

import logging
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any
from uuid import uuid4

from celery.worker import state

logger = logging.getLogger(__name__)

REMEMBERED = 1_000  # ended consumers; of older ones nothing is held any more


class Intake:
    """The consumers of one connection.

    Args:
        consumer: Celery's, with an open connection. Its own consumer of messages is left without
            queues, and what it would do with a message is done with ours.
        queues: those that the worker was started for, by name.
    """

    def __init__(self, consumer: Any, queues: Mapping[str, Any]) -> None:
        self._consumer = consumer
        self._messages = consumer.task_consumer
        self._messages.queues = []
        self._queues = queues
        # By queue, the tags of its consumers with what each may hold.
        self._consumers: dict[str, dict[str, int]] = {name: {} for name in queues}
        # Their tags, the oldest first.
        self._cancelled: dict[str, None] = {}
        self._prefetch = consumer.initial_prefetch_count
        #: The queues that are listened to, or will be when a job has left room for another.
        self.listening: frozenset[str] = frozenset()

    def keep(self, places: Mapping[str, int], calm: Collection[str] = ()) -> None:
        """Hold at the most so many jobs of each queue, and listen to no other.

        Args:
            places: by the queue's name; of any other queue nothing that waits here stays.
            calm: the queues of which nothing stays that was fetched ahead.

        Raises:
            OSError: the connection is gone; Celery seeks another.
        """
        for name, consumers in self._consumers.items():
            if sum(consumers.values()) > places.get(name, 0):
                self._cancel(name)
        self._give_back(places.keys() - set(calm))
        for name, consumers in self._consumers.items():
            left = places.get(name, 0) - sum(consumers.values())
            if left and (room := left - self._held_by_cancelled(name)) > 0:
                self._add(name, room)
        self._say(frozenset(places))

    def close(self) -> None:
        """Listen to nothing any more; what is held is finished."""
        self.listening = frozenset()
        for name in self._consumers:
            self._cancel(name)

    def _cancel(self, name: str) -> None:
        for tag in self._consumers[name]:
            # To wait for the answer would hold the main process up while RabbitMQ is in an alarm.
            self._messages.channel.basic_cancel(tag, nowait=True)
            self._cancelled[tag] = None
        self._consumers[name].clear()
        while len(self._cancelled) > REMEMBERED:
            del self._cancelled[next(iter(self._cancelled))]

    def _give_back(self, staying: Collection[str]) -> None:
        """Give back what waits for a process and came by a consumer that has ended."""
        waiting = self._consumer.controller.semaphore._waiting  # noqa: SLF001 - kombu's has no other way in
        for entry in tuple(waiting):
            (request,) = entry[1]
            came = request.message.delivery_info
            if came["routing_key"] not in staying and came["consumer_tag"] in self._cancelled:
                waiting.remove(entry)
                request.reject(requeue=True)
                state.task_ready(request)
                logger.info("Job %s goes back to its queue; it waited here.", request.id)

    def _held_by_cancelled(self, name: str) -> int:
        held = [request.message.delivery_info for request in tuple(state.reserved_requests)]
        return sum(
            one["routing_key"] == name and one["consumer_tag"] in self._cancelled for one in held
        )

    def _add(self, name: str, prefetch: int) -> None:
        channel = self._messages.channel
        if prefetch != self._prefetch:
            channel.basic_qos(0, prefetch, False)
            self._prefetch = prefetch
        tag = f"postroom-{uuid4()}"
        received = partial(self._receive, name)
        self._queues[name](channel).consume(tag, received, no_ack=False, nowait=True)
        self._consumers[name][tag] = prefetch

    def _receive(self, name: str, message: Any) -> None:
        """Take a delivery, unless RabbitMQ sent it before it heard that its queue is not wanted."""
        if name in self.listening or message.delivery_info["consumer_tag"] not in self._cancelled:
            self._messages._receive_callback(message)  # noqa: SLF001 - kombu has no consumer with a prefetch of its own
        else:
            message.channel.basic_reject(message.delivery_tag, requeue=True)

    def _say(self, names: frozenset[str]) -> None:
        before, self.listening = self.listening, names
        if names == before:
            return
        # What Flower and `celery inspect` show.
        channel = self._messages.channel
        self._messages.queues = [self._queues[name](channel) for name in sorted(names)]
        for name in sorted(before - names):
            logger.warning("The worker takes no more jobs from queue %s.", name)
        for name in sorted(names - before):
            logger.info("The worker takes jobs from queue %s.", name)
