"""The operator's log: one line a change that is not routine, and nothing of what jobs say."""

import logging
import sys
from typing import Any

from billiard.util import get_logger

from tasks.context import JobLog, is_the_jobs

FORMAT = "%(asctime)s %(levelname)s %(processName)s %(name)s: %(message)s"

# Celery's line for each job received and done would double the ledger, and show results.
_ROUTINE = ("celery.app.trace", "celery.worker.strategy", "alembic")


def _is_the_operators(record: logging.LogRecord) -> bool:
    return not is_the_jobs(record)


def set_up(loglevel: int | str = logging.INFO, logfile: str | None = None, **_more: Any) -> None:
    """Send records to the operator's log or to the running job's, each to one of them."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    operators: logging.Handler = (
        logging.FileHandler(logfile) if logfile else logging.StreamHandler(sys.__stderr__)
    )
    operators.setFormatter(logging.Formatter(FORMAT))
    operators.addFilter(_is_the_operators)
    root.addHandler(operators)
    root.addHandler(JobLog())
    # How much the operator wants to read says nothing of what a job's person does.
    operators.setLevel(loglevel or logging.INFO)
    root.setLevel(min(logging.INFO, operators.level))
    pools = get_logger()
    pools.propagate = True  # It tells of dead children.
    pools.setLevel(logging.WARNING)
    for name in _ROUTINE:
        logging.getLogger(name).setLevel(logging.WARNING)
