"""A delivery as the worker's main process sees it: it hands over to the clock what only it sees."""

import logging
import re
import time
from typing import Any

from billiard.exceptions import WorkerLostError
from celery.exceptions import InvalidTaskError
from celery.worker import state
from celery.worker.request import Request

from ledger.record import Delivery, Ending
from tasks.held import Ack
from tasks.outcomes import Quarantined, Stopped, TriedAgain
from tasks.pace import Run
from tasks.reports import Death, Overrun, Report, Timeout
from tasks.upcoming import delivery_of

logger = logging.getLogger(__name__)

_HOW_IT_DIED = re.compile(r"prematurely: (.+?)\.? Job: ")


class JobRequest(Request):
    """A delivery as the main process sees it: it hands over to the clock what only it can see."""

    acknowledged: bool  # Celery's

    def __init__(self, message: Any, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        limits = self.time_limits
        well_formed = (
            isinstance(self.id, str)
            and isinstance(self.args, list)
            and isinstance(self.kwargs, dict)
            and isinstance(limits, list | tuple)
            and all(isinstance(limit, int | float | None) for limit in limits)
        )
        if not well_formed:
            # Celery would find out later: in the child, which acknowledges, or not at all.
            raise InvalidTaskError("The message has not the form of a task.")

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        """Report a child that died with its job, and tell Flower what Celery keeps to itself."""
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        match error:
            case WorkerLostError():
                how = _HOW_IT_DIED.search(str(error))
                note = f"Its process died: {how[1] if how else error}."
                self._hand_over(Death(self.delivery, Ending.CRASHED, note))
                # The clock's line tells it; a traceback of ours adds nothing.
                kwargs["return_ok"] = True
            case Stopped():
                self.send_event("task-revoked", terminated=True, signum=None, expired=False)
            case TriedAgain():
                self.send_event("task-retried", exception=str(error), traceback="")
            case Quarantined():
                self.send_event("task-failed", exception=str(error), traceback="")
        return super().on_failure(exc_info, *args, **kwargs)

    def on_timeout(self, soft: bool, timeout: float) -> Any:  # noqa: FBT001 - Celery's signature
        """Report a child that was killed at its time limit."""
        if not soft:
            self._hand_over(Timeout(self.delivery, self.task.kind.time_limit))
        return super().on_timeout(soft, timeout)

    def acknowledge(self) -> None:
        """Have RabbitMQ told that the job has ended, and tell the worker how long it took."""
        if not self.acknowledged:
            self.acknowledged = True
            self._app.acks.send(Ack(self.message, self._tell_rabbitmq))
        if (run := self.run) is not None:
            self._app.pace.ended(run, time.time())

    def _tell_rabbitmq(self, speaks_for_many: bool) -> None:  # noqa: FBT001 - as AMQP says it
        # By itself Celery puts it off to the loop's next turn, and a worker that stops has none.
        self.message.ack_log_error(logger, self._connection_errors, multiple=speaks_for_many)

    @property
    def run(self) -> Run | None:
        """Since when its process has been at it, if one is or was."""
        if self.time_start is None:
            return None
        return Run(self.delivery_info["routing_key"], self.time_start)

    def took_too_long_for(self, limit: float) -> None:
        """Report a job under which RabbitMQ closed the channel, if it was this one's fault."""
        if self.time_start is not None and time.time() - self.time_start > 0.9 * limit:
            self._hand_over(Overrun(self.delivery, limit))

    def cancel(self, *args: Any, **kwargs: Any) -> Any:
        """Report a job that is stopped because the connection under its delivery was lost."""
        note = "The connection to RabbitMQ was lost, so the message went to another worker."
        self._hand_over(Death(self.delivery, Ending.INTERRUPTED, note, told_to_end=self.worker_pid))
        return super().cancel(*args, **kwargs)

    @property
    def delivery(self) -> Delivery:
        """Which message this is, and which time it is delivered."""
        return delivery_of(self.id, self._request_dict)

    def _hand_over(self, report: Report) -> None:
        self._app.reports.put(report)


def runs() -> list[Run]:
    """Return what runs in this worker now."""
    found = (request.run for request in tuple(state.active_requests))
    return [run for run in found if run is not None]
