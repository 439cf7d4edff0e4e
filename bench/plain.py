"""Plain Celery behind plain Flask, with late acks and confirms and without any record."""

import os
import time
from pathlib import Path

from celery import Celery
from flask import Flask, Response, request

app = Celery("plain", set_as_current=False)
app.config_from_object("celeryconfig")
app.conf.update(
    broker_url=os.environ["CELERY_BROKER_URL"],
    result_backend=None,
    imports=(),
    worker_consumer="celery.worker.consumer:Consumer",
    worker_pool="prefork",
    worker_hijack_root_logger=True,
)
if (
    "PLAIN_CONFIRMS" in os.environ
):  # Not in a worker, whose main process would wait for each event's.
    app.conf.broker_transport_options = {"confirm_publish": True}


@app.task(name="stamp")
def stamp(trace: str, number: int) -> None:
    """Writes down when it began."""
    line = f"{number} {time.time()}\n"
    with Path(trace).open("a", encoding="ascii") as file:
        file.write(line)


web = Flask(__name__)


@web.post("/api/v1/jobs")
def create() -> tuple[Response, int]:
    """Send a message."""
    sent = stamp.apply_async(kwargs=request.get_json()["inputs"])
    return web.json.response(id=sent.id), 202
