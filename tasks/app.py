"""The Celery app: settings, and the one ledger of this process."""

import os
from functools import cached_property

from celery import Celery

from ledger import Ledger, Settings


class Postroom(Celery):
    """Celery's app, with this process's ledger and settings beside its queues."""

    @cached_property
    def settings(self) -> Settings:
        """What the environment says, read when it is first needed."""
        return Settings()

    @cached_property
    def ledger(self) -> Ledger:
        """This process's own ledger; a forked child gets another one."""
        return Ledger(self.settings)

    def forget_connections(self) -> None:
        """Drop what a fork must not share: the parent goes on using it."""
        self.__dict__.pop("ledger", None)


app = Postroom("postroom", task_cls="tasks.task:JobTask", config_source="celeryconfig")
os.register_at_fork(after_in_child=app.forget_connections)
