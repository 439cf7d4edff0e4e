"""What `celery control`, Flower and `AsyncResult` call a revoke is a cancel, written in the row.

Celery's own keeps the id in the worker's memory, where a restart forgets it, and where it has any
later delivery of that job discarded; and it waits for the result backend in the main process.
"""

from typing import Any

from celery.worker.control import Panel

from tasks.reports import Cancel


def answer_revokes() -> None:
    """Put our answers in the place of Celery's."""
    Panel.register(name="revoke", variadic="task_id", signature="[id1 [id2 [… [idN]]]]")(revoke)
    Panel.register(
        name="terminate",
        variadic="task_id",
        args=[("signal", str)],
        signature="<signal> [id1 [id2 [… [idN]]]]",
    )(terminate)


def revoke(state: Any, task_id: str | list[str], **_more: Any) -> dict[str, str]:
    """Cancel jobs; one that runs is asked to stop, and killed if it does not."""
    jobs = [task_id] if isinstance(task_id, str) else task_id
    for job in jobs:
        state.app.reports.put(Cancel(job))
    return {"ok": f"asked to stop: {', '.join(jobs)}"}


def terminate(state: Any, signal: str, task_id: str | list[str], **_more: Any) -> dict[str, str]:
    """Cancel jobs; which signal ends one that does not heed is ours to say."""
    del signal
    return revoke(state, task_id)
