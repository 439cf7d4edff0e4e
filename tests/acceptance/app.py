"""The app that acceptance tests start workers of: the real one, with kinds that misbehave."""

import os

from kombu import Queue

from tasks import app
from tasks.pace import Pace

app.conf.imports = (*app.conf.imports, "tests.acceptance.kinds", "tests.acceptance.greedy")

# For a test that is about a worker of several queues.
if another := os.environ.get("ANOTHER_QUEUE"):
    exchange, arguments = app.conf["EXCHANGE"], app.conf["QUEUE_ARGUMENTS"]
    queue = Queue(another, exchange, routing_key=another, queue_arguments=arguments)
    app.conf.task_queues = [*app.conf.task_queues, queue]

# For a test that is about jobs fetched ahead, however slow the machine is by then.
if seconds := os.environ.get("AHEAD_FOR"):
    app.pace = Pace(float(seconds), enough=1)

__all__ = ["app"]
