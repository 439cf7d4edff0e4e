"""The ledger as Celery's result backend, so that `AsyncResult` says what the page says."""

from typing import Any

from celery.backends.base import BaseBackend

from ledger.errors import NoSuchJob
from ledger.record import State
from tasks.outcomes import JobFailed


class LedgerBackend(BaseBackend):
    """Reads states and results from the ledger.

    It writes nothing: a child has settled before Celery comes to store, and what only the main
    process sees goes through the clock, for the main process must not wait for a database.
    """

    def _store_result(self, *_args: Any, **_kwargs: Any) -> None:
        """Leave the record to the one who settles."""

    def _get_task_meta_for(self, task_id: str) -> dict[str, Any]:
        try:
            job = self.app.ledger.jobs.get(task_id)
        except NoSuchJob:
            return {"status": State.PENDING.value, "result": None, "traceback": None}
        result: Any = job.result
        if job.error is not None and job.state is not State.SUCCESS:
            result = JobFailed(f"{job.error.type}: {job.error.message}")
        return {
            "status": job.state.value,
            "result": result,
            "traceback": job.error and job.error.traceback,
            "date_done": job.finished_at,
            "task_id": task_id,
            "name": job.kind,
            "retries": max(0, job.attempt - 1),
        }
