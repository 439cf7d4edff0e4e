"""The Celery app: settings, and the one ledger of this process."""

import os
from functools import cached_property

from celery import Celery, signals

from ledger import Ledger, Settings
from tasks import logs, transport
from tasks.acks import Acks
from tasks.orders import Orders
from tasks.pace import Pace
from tasks.publisher import Publisher
from tasks.reports import Reports


class Postroom(Celery):
    """Celery's app, with this process's ledger, publisher and settings beside its queues."""

    #: The row of the worker that this process belongs to; set where a worker starts.
    worker_id = ""
    #: How many jobs that worker runs at a time; set with it.
    concurrency = 1

    @cached_property
    def reports(self) -> Reports:
        """What the main process hands to the clock."""
        return Reports()

    @cached_property
    def orders(self) -> Orders:
        """What the clock has the main process do."""
        return Orders()

    @cached_property
    def pace(self) -> Pace:
        """How quickly jobs end in this worker; for its main thread."""
        return Pace()

    @cached_property
    def acks(self) -> Acks:
        """What tells RabbitMQ that jobs have ended; for the main process."""
        return Acks(self.ledger)

    @cached_property
    def settings(self) -> Settings:
        """What the environment says, read when it is first needed."""
        return Settings()

    @cached_property
    def ledger(self) -> Ledger:
        """This process's own ledger; a forked child gets another one."""
        return Ledger(self.settings)

    @cached_property
    def publisher(self) -> Publisher:
        """The one way by which this process sends messages; it survives forks by itself."""
        return Publisher(self)

    def forget_connections(self) -> None:
        """Drop what a fork must not share.

        The child keeps the object, unused, for to close its connections would close the parent's.
        """
        self._inherited = self.__dict__.pop("ledger", None)


transport.use()
app = Postroom("postroom", task_cls="tasks.task:JobTask", config_source="celeryconfig")
os.register_at_fork(after_in_child=app.forget_connections)
signals.setup_logging.connect(logs.set_up)
app.steps["worker"].update(("tasks.worker:ReapStep", "tasks.worker:ClockStep"))
app.steps["consumer"].update(("tasks.steering:SteeringStep", "tasks.acks:AckStep"))
