"""Bare Celery on the same quorum queue with late acks and no result: what we measure against."""

import os

from celery import Celery

import celeryconfig
from bench import marks

app = Celery("bare", set_as_current=False)
app.config_from_object("celeryconfig")
app.conf.update(
    broker_url=os.environ["CELERY_BROKER_URL"],
    result_backend=None,
    imports=(),
    worker_consumer="celery.worker.consumer:Consumer",
    worker_pool="prefork",
    task_queues=celeryconfig.task_queues,
    worker_hijack_root_logger=True,
)


@app.task(name="hello")
def hello() -> None:
    """Does nothing."""


marks.leave()
