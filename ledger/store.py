"""The whole ledger as one value: opened once per process, handed to whoever needs it."""

from collections.abc import Callable
from datetime import datetime
from typing import Self

from ledger.action_steps import ActionSteps
from ledger.action_verbs import ActionVerbs
from ledger.actions import Actions
from ledger.arrivals import Arrivals
from ledger.attempts import Attempts
from ledger.batches import Batches
from ledger.cards import Cards
from ledger.checkpoints import Checkpoints
from ledger.claims import Claims
from ledger.counting import Counting
from ledger.database import Database
from ledger.dead_letters import DeadLetters
from ledger.deliveries import Deliveries
from ledger.depths import Depths
from ledger.duties import Duties
from ledger.endings import Limits
from ledger.experience import Experience
from ledger.failed_jobs import FailedJobs
from ledger.failures import Failures
from ledger.files import Files
from ledger.guesses import Guesses
from ledger.history import History
from ledger.jobs import Jobs
from ledger.leases import Leases
from ledger.listing import Listing
from ledger.logs import Logs
from ledger.naming import Naming
from ledger.outbox import Outbox
from ledger.partials import Partials
from ledger.presets import Presets
from ledger.queues import Queues
from ledger.quota import Quota
from ledger.recovery import Recovery
from ledger.repeats import Repeats
from ledger.retention import Retention
from ledger.settings import Settings
from ledger.signatures import Signatures
from ledger.storage import Storage
from ledger.turns import TurnTaking
from ledger.users import Users
from ledger.version import require_current
from ledger.waiting import Waiting
from ledger.wishes import WorkerWishes
from ledger.workers import Workers


class Ledger:
    """Jobs, attempts, logs, files, workers and users, over one database and one storage.

    It must not cross a fork: a child opens its own.

    Args:
        settings: where the database and the storage are, and the limits of attempts.
        clock: replaces the database's own clock; tests own time through it.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] | None = None) -> None:
        self.settings = settings
        self.database = Database(settings.database_url, clock)
        limits = Limits(settings.max_crashes, settings.max_losses)
        self.turns = TurnTaking(self.database, settings.jobs_per_person)
        self.arrivals = Arrivals(self.database, self.turns)
        self.jobs = Jobs(self.database, self.arrivals, self.turns)
        self.outbox = Outbox(self.database)
        self.batches = Batches(self.database, self.arrivals, self.turns)
        self.repeats = Repeats(self.database)
        self.signatures = Signatures(self.database)
        self.presets = Presets(self.database)
        self.cards = Cards(self.database)
        self.listing = Listing(self.database)
        self.counting = Counting(self.database)
        self.claims = Claims(self.database, limits)
        self.attempts = Attempts(self.database)
        self.dead_letters = DeadLetters(self.database)
        self.failures = Failures(self.database)
        self.failed_jobs = FailedJobs(self.database)
        self.naming = Naming(self.database)
        self.recovery = Recovery(self.database, limits)
        self.deliveries = Deliveries(self.database)
        self.leases = Leases(self.database)
        self.logs = Logs(self.database)
        storage = Storage(settings.storage_url)
        self.files = Files(self.database, storage)
        self.checkpoints = Checkpoints(self.database, self.attempts, storage)
        self.partials = Partials(self.database, storage)
        self.quota = Quota(self.database, settings.quota_per_person, settings.quota)
        self.retention = Retention(self.database, self.files)
        self.actions = Actions(self.database)
        verbs = ActionVerbs(self.database, self.jobs, self.turns)
        self.action_steps = ActionSteps(self.database, self.actions, verbs, self.retention)
        self.workers = Workers(self.database)
        self.wishes = WorkerWishes(self.database, settings.heart_timeout)
        self.queues = Queues(self.database)
        self.duties = Duties(self.database)
        self.history = History(self.database)
        self.depths = Depths(self.database)
        self.waiting = Waiting(self.database, settings.heart_timeout, self.turns)
        self.experience = Experience(self.database)
        self.users = Users(self.database)
        self.guesses = Guesses(self.database)

    def require_current(self) -> Self:
        """Return the ledger itself, if its tables are those of this version.

        Raises:
            LedgerOutdated: they are not; the error says what to run.
            LedgerUnavailable: the database does not answer.
        """
        require_current(self.database)
        return self

    def upgrade(self) -> None:
        """Make the tables, or bring them to this version.

        Raises:
            LedgerUnavailable: the database does not answer.
        """
        # Only here: it brings Alembic with it, which those who serve and work never need.
        from ledger import migrate  # noqa: PLC0415 - eight MiB of memory, in every process

        migrate.upgrade(self.database)

    @property
    def flushes(self) -> bool:
        """Whether `flush` has anything to wait for."""
        return self.database.flushes

    def flush(self) -> None:
        """Return when every end that has been settled before is safe from a power cut.

        Threads may call it at the same time.

        Raises:
            LedgerUnavailable: the disk refuses.
        """
        self.database.flush()

    def close(self) -> None:
        """Close every idle connection."""
        self.database.close()
