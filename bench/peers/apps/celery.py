"""Plain Celery, as its documentation sets it up to lose nothing; with a result store, or none.

Confirms are asked for where jobs are submitted and not in the workers, whose events would wait for
them: that is the quicker of the two ways, and just as safe for the jobs.
"""

import os

from celery import Celery

from bench.peers import marks

_STORES = {
    "": None,
    "sqlite": f"db+sqlite:///{os.environ['BENCH_FOLDER']}/results.sqlite",
    "postgresql": f"db+{os.environ['BENCH_DATABASE']}",
}

app = Celery(
    "peers",
    broker=os.environ["BENCH_BROKER"],
    backend=_STORES[os.environ["BENCH_RECORD"]],
)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_default_queue_type="quorum",
    task_default_exchange_type="topic",
    broker_connection_retry_on_startup=True,
)
_tasks = {name: app.task(job, name=name) for name, job in marks.JOBS.items()}


def prepare() -> None:
    """Have this process, the client, wait for RabbitMQ's confirm of each message."""
    app.conf.broker_transport_options = {"confirm_publish": True}


def submit(name: str, number: int) -> None:
    """Publish, and wait for the confirm."""
    _tasks[name].delay(number)
