"""Where Celery's tasks become jobs: a shell that hands deliveries to `run`, calls to `submit`."""

import getpass
from collections.abc import Iterable, Mapping
from typing import Any

from celery import Task
from celery.result import AsyncResult, GroupResult
from pydantic import ValidationError

from ledger.record import JSON
from tasks.app import Postroom
from tasks.interrupt import Interrupts
from tasks.kind import Kind
from tasks.outcomes import JobFailed
from tasks.queue import submit, submit_many
from tasks.run import Runner
from tasks.upcoming import delivery_of, upcoming

_interrupts = Interrupts()


class JobTask(Task):
    """The Celery task of a kind. Its messages name a job; its inputs are in the ledger."""

    app: Postroom
    kind: Kind
    Request = "tasks.request:JobRequest"
    throws = (JobFailed,)  # Logged in a line, for the ledger has the traceback.

    def __call__(self, *args: Any, **kwargs: Any) -> JSON:
        """Run the delivery that a worker's process was given, or the plain function."""
        request = self.request
        if request.called_directly:
            return self.run(*args, **kwargs)  # type: ignore[no-any-return]  # the kind's own function
        runner = Runner(self.app.ledger, self.app.worker_id, _interrupts, upcoming)
        return runner.execute(self.kind, delivery_of(request.id, request))

    def apply_async(
        self, args: Any = None, kwargs: Any = None, *_more: Any, **_options: Any
    ) -> AsyncResult:
        """Submit a job as Celery's users do; return its `AsyncResult`.

        Celery's options have no effect: queue, limits and retries are the kind's.

        Raises:
            pydantic.ValidationError: an input is wrong.
            LedgerUnavailable: it is not known whether the job was accepted.
        """
        values = dict(zip(self.kind.inputs.model_fields, args or (), strict=False)) | (kwargs or {})
        inputs = self.kind.parse(values)
        accepted = submit(
            self.app.ledger, self.app.publisher, self.kind, inputs, owner=getpass.getuser()
        )
        return AsyncResult(accepted.job, app=self.app)

    def apply_many(
        self, several: Iterable[Mapping[str, Any]], idempotency_key: str | None = None
    ) -> GroupResult:
        """Submit jobs as one batch, as `Kind.delay_many` says."""
        typed, wrong = [], []
        for place, values in enumerate(several):
            try:
                typed.append((self.kind, self.kind.parse(values)))
            except ValidationError as error:
                error.add_note(f"in number {place} of the batch, counted from 0")
                wrong.append(error)
        if wrong:
            raise ExceptionGroup(f"{len(wrong)} jobs are wrong, and none was submitted", wrong)
        accepted = submit_many(
            self.app.ledger,
            self.app.publisher,
            typed,
            owner=getpass.getuser(),
            idempotency_key=idempotency_key and f"python {idempotency_key}",
        )
        ids = accepted.jobs or self.app.ledger.batches.jobs(accepted.batch)
        results = [AsyncResult(job, app=self.app) for job in ids]
        return GroupResult(accepted.batch, results, app=self.app)
