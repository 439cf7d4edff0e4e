"""What one clock does for every worker: it sends what is due, and frees what a death left."""

import logging
import time
from collections.abc import Mapping

from ledger import Ledger
from ledger.partial_rows import ABANDONED_AFTER
from tasks import actions, dead_letters
from tasks.counting import Counting
from tasks.deaths import tell
from tasks.filing import Filing
from tasks.kind import Kind
from tasks.learning import Learning
from tasks.missing import Missing
from tasks.publisher import PIECE, Publisher
from tasks.queue import send_all
from tasks.versions import version_of

logger = logging.getLogger(__name__)

OUTBOX = 2_000  # unsent jobs that are looked up at once: to find the oldest costs as much as that
SEND_FOR = 0.15  # seconds for which they are sent in one step: less than a fork waits for
BATCH = 200  # dead letters read in one tick
FORGET, FORGET_EVERY = 50, 60.0  # old jobs removed in one tick; seconds from the last of them
SWEEP_EVERY = 600.0  # seconds between removals of uploads that nobody uses
LET_GO_EVERY = 5.0  # seconds between removals of the checkpoints of jobs that have ended
NAME = 200  # failures put into their groups in one tick
LEARN_EVERY = 5.0  # seconds between looks at what has started, for estimates of what will
LEASE = 10.0  # seconds for which one clock does all this
# Seconds of a tick that actions on many jobs may take: less than a fork waits for.
ACTIONS_FOR = 0.2
# Short, for two clocks at once would do no harm: it only saves them work that is done already.
ACTIONS_LEASE = 2.0


class Chores:
    """The work of the clock that holds the lease.

    Args:
        ledger: the main process's own.
        publisher: sends on a connection of its own.
        kinds: by name; a job of any other kind is left alone.
        worker: the id of the row of the worker whose clock this is.
        dead_queue: the name of the queue of dead letters.
    """

    def __init__(
        self,
        ledger: Ledger,
        publisher: Publisher,
        kinds: Mapping[str, Kind],
        worker: str,
        dead_queue: str,
    ) -> None:
        self._ledger = ledger
        self._publisher = publisher
        self._kinds = kinds
        self._versions = {name: version_of(kind) for name, kind in kinds.items()}
        self._worker = worker
        self._dead_queue = dead_queue
        queues = {kind.queue for kind in kinds.values()}
        self._learning = Learning(ledger, list(kinds), sorted(queues))
        self._learn_at = 0.0
        self._counting = Counting(ledger, {kind.queue for kind in kinds.values()})
        self._filing = Filing(ledger, kinds)
        self._missing = Missing(ledger, publisher, kinds)
        self._forget_at = self._let_go_at = self._sweep_at = 0.0
        self._adopted = False
        self.sends_more = False

    def do(self, beating_for: float) -> None:
        """Do everything once, if no other clock does.

        Args:
            beating_for: seconds since this worker last missed a beat of its own.

        Raises:
            LedgerUnavailable: the rest is left for the next time.
            NotSent: as above; RabbitMQ did not confirm.
            StorageError: as above; old files can't be deleted.
        """
        if not self._ledger.leases.take("clock", self._worker, LEASE):
            return
        settings = self._ledger.settings
        # After an outage every heart seems to have stopped; wait until others had time to beat.
        if beating_for > settings.heart_timeout:
            for freed in self._ledger.recovery.free_from_stopped_hearts(settings.heart_timeout):
                tell(freed)
        self._send()
        with self._learning.hearing_rabbitmq():
            dead_letters.read(self._ledger, self._publisher, self._dead_queue, BATCH)
        self._missing.look()
        self._counting.do()
        self._filing.do()
        if time.monotonic() >= self._let_go_at:
            self._let_go()
        if time.monotonic() >= self._sweep_at:
            self._sweep()
        if settings.keep_for and time.monotonic() >= self._forget_at:
            self._forget(settings.keep_for)

    def do_actions(self) -> None:
        """Go on with what somebody asked for of many jobs, if no other clock does.

        Raises:
            LedgerUnavailable: it goes on the next time.
            StorageError: as above; files of a deleted job can't be removed.
        """
        # The glance first: a lease is a write, and mostly nothing is to be done.
        ledger = self._ledger
        if not ledger.actions.due(1):
            return
        if ledger.leases.take("actions", self._worker, ACTIONS_LEASE):
            actions.carry_on_all(ledger, self._kinds, ACTIONS_FOR)

    def name_failures(self) -> None:
        """Put failures that are new into groups of their causes, if no other clock does.

        Raises:
            LedgerUnavailable: it is done the next time.
        """
        ledger = self._ledger
        if ledger.naming.any() and ledger.leases.take("failures", self._worker, LEASE):
            ledger.naming.name(self._versions, NAME)

    def learn(self) -> None:
        """Learn how long jobs run and wait, if it is time and no other clock does.

        Raises:
            LedgerUnavailable: it is done the next time.
        """
        if time.monotonic() < self._learn_at:
            return
        self._learn_at = time.monotonic() + LEARN_EVERY
        if self._ledger.leases.take("estimates", self._worker, 2 * LEARN_EVERY):
            self._learning.step()

    def send(self) -> None:
        """Send for a moment what is due and unsent, the oldest first, if no other clock does.

        `sends_more` says afterwards whether there is more that can be sent now.

        Raises:
            LedgerUnavailable: it is sent the next time.
        """
        self.sends_more = False
        if self._ledger.leases.take("clock", self._worker, LEASE):
            self._send()

    def _send(self) -> None:
        # First those that came before there was a limit: they count as well.
        self._adopted = self._adopted or not self._ledger.turns.adopt()
        if self._adopted:
            self._ledger.turns.let_go()
        jobs = self._ledger.outbox.unsent(self._ledger.settings.send_grace, OUTBOX)
        deadline = time.monotonic() + SEND_FOR
        confirmed = send_all(self._ledger, self._publisher, self._kinds, jobs, deadline)
        # Otherwise that was all, or RabbitMQ takes no more, or others are to send the rest.
        self.sends_more = confirmed >= PIECE

    def _let_go(self) -> None:
        """Remove a batch of what ended jobs kept for attempts that will not come; as below."""
        if self._ledger.checkpoints.forget_settled(FORGET) < FORGET:
            self._let_go_at = time.monotonic() + LET_GO_EVERY

    def _sweep(self) -> None:
        """Remove a batch of uploads that nobody went on with or gave to a job; as below."""
        partial = self._ledger.partials.forget(ABANDONED_AFTER, FORGET)
        whole = self._ledger.retention.forget_uploads(ABANDONED_AFTER, FORGET)
        if partial or whole:
            logger.info("%d unfinished and %d unused uploads are removed.", partial, whole)
        if max(partial, whole) < FORGET:
            self._sweep_at = time.monotonic() + SWEEP_EVERY

    def _forget(self, seconds: float) -> None:
        """Remove a batch of what is old; the next one follows at once, or when there may be one."""
        retention = self._ledger.retention
        jobs = retention.forget_jobs(seconds, FORGET)
        uploads = retention.forget_uploads(seconds, FORGET)
        retention.forget_dead_letters(seconds)
        self._ledger.actions.forget(seconds, 1)  # Each may have as many rows as there are jobs.
        self._ledger.naming.forget(seconds)
        self._ledger.workers.forget(seconds)
        if jobs or uploads:
            logger.info("%d old jobs and %d old uploads are forgotten.", jobs, uploads)
        if max(jobs, uploads) < FORGET:
            self._forget_at = time.monotonic() + FORGET_EVERY
