"""Acknowledgements: RabbitMQ hears that a job has ended once the record of its end is on the disk.

On SQLite a process records an end without a wait for the disk. The worker waits for it in a thread
of its main process, and once for all the ends that came meanwhile: so a slow disk holds up no job.
Ends that come at nearly the same time are acknowledged by as few words as possible, for each costs
RabbitMQ as much as a delivery.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from celery import bootsteps
from celery.worker import state
from celery.worker.consumer.tasks import Tasks

from ledger import Ledger
from ledger.errors import LedgerUnavailable
from tasks.held import Ack, Held

logger = logging.getLogger(__name__)

BETWEEN = 0.003  # seconds between two waits for the disk, or two acknowledgements, at least
PATIENCE = 0.025  # seconds that an acknowledgement waits for those before it
PAUSE = 1.0  # seconds between two tries where the disk refuses


class AckStep(bootsteps.StartStopStep):
    """Has each connection's messages acknowledged from its loop, and the last ones at the stop."""

    requires = (Tasks,)

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
        """Acknowledge from this loop."""
        consumer.app.acks.register_with(hub)

    def stop(self, consumer: Any) -> None:
        """Acknowledge what is left, or forget it with a connection that is gone."""
        if state.should_stop is None and state.should_terminate is None:
            consumer.app.acks.forget()
        else:
            consumer.app.acks.finish()


class Acks:
    """Acknowledges in the main process's loop what a thread of its own has seen on the disk.

    Where the ledger's ends are on a disk when they are recorded, there is no such thread. A message
    whose acknowledgement is never sent comes again, and is dropped as a duplicate.

    Args:
        ledger: the main process's own.

    `held` is to be told of each delivery.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.held = Held()
        self._ledger = ledger
        self._lock = threading.Lock()
        self._ended: deque[Ack] = deque()
        self._safe: deque[Ack] = deque()
        self._come = threading.Event()
        self._heard = self._wake = -1  # the ends of a pipe by which the thread wakes the loop
        self._hub: Any = None
        self._send_at = self._sent_at = 0.0  # by `time.monotonic`

    def register_with(self, hub: Any) -> None:
        """Acknowledge from this loop from here on; by itself each waits for the disk."""
        if self._ledger.flushes:
            if self._wake < 0:
                self._heard, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
                threading.Thread(target=self._wait_for_ends, name="acks", daemon=True).start()
            hub.add_reader(self._heard, self._heed)
        self._hub = hub

    def send(self, ack: Ack) -> None:
        """Acknowledge as soon as all that is recorded by now is on the disk."""
        if self._hub is None:
            with self._lock:
                self._ended.append(ack)
            self._send_now()
        elif self._ledger.flushes:
            with self._lock:
                self._ended.append(ack)
            self._come.set()
        else:
            self._safe.append(ack)
            self._send_soon()

    def _send_soon(self) -> None:
        """Send what is safe by now, along with what comes within a moment after the last time."""
        now = time.monotonic()
        # A lost connection takes its timers along, so no flag says whether one is set.
        if now >= self._send_at:
            pause = max(0.0, self._sent_at + BETWEEN - now)
            self._send_at = now + pause
            self._hub.call_later(pause, self._send)

    def forget(self) -> None:
        """Acknowledge nothing that has come so far: its connection is gone."""
        with self._lock:
            self._ended.clear()
            self._safe.clear()

    def finish(self) -> None:
        """Acknowledge what has come, and at once what still comes: the loop runs no more.

        Only a worker that stops waits for the disk in its main process.
        """
        self._hub = None
        with suppress(BrokenPipeError):  # Then they come again, to another worker.
            self._send_now()

    def _send_now(self) -> None:
        try:
            self._ledger.flush()
        except LedgerUnavailable as error:
            logger.warning("Messages of jobs that have ended go back to the queue: %s", error)
            self.forget()
        with self._lock:
            self._safe.extend(self._ended)
            self._ended.clear()
        self._send()

    def _heed(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._heard, 4096)
        self._send()

    def _send(self) -> None:
        self._sent_at = now = time.monotonic()
        with self._lock:
            acks = tuple(self._safe)
            self._safe.clear()
        first, others = self.held.parted(acks)
        if first:
            first[-1].send(len(first) > 1)
        if self._can_wait(others, now):
            with self._lock:
                self._safe.extendleft(reversed(others))
            self._send_soon()
        else:
            for ack in others:
                ack.send(False)

    def _can_wait(self, others: Sequence[Ack], now: float) -> bool:
        """Return whether one word is to tell these, too, once all before them have ended.

        As long as more jobs than that wait in this worker, nobody waits for RabbitMQ's next ones.
        """
        waiting = len(self.held) - len(state.active_requests)
        in_time = bool(others) and now - others[0].at < PATIENCE
        return self._hub is not None and in_time and len(others) < waiting

    def _wait_for_ends(self) -> None:
        flushed_at = 0.0
        while self._come.wait():
            # One wait for the disk serves all who came, so many at a time cost less than each.
            time.sleep(max(0.0, flushed_at + BETWEEN - time.monotonic()))
            flushed_at = time.monotonic()
            self._come.clear()
            with self._lock:
                ended = tuple(self._ended)
            try:
                self._ledger.flush()
            except LedgerUnavailable as error:
                logger.warning("Messages of jobs that have ended wait: %s", error)
                time.sleep(PAUSE)
                self._come.set()
            else:
                self._are_safe(ended)

    def _are_safe(self, ended: tuple[Ack, ...]) -> None:
        with self._lock:
            # Unless they were forgotten, or acknowledged by a worker that stops.
            safe = [self._ended.popleft() for ack in ended if self._ended and self._ended[0] is ack]
            self._safe.extend(safe)
        with suppress(BlockingIOError):  # So full of wakes that it wakes all the same.
            os.write(self._wake, b"\0")
