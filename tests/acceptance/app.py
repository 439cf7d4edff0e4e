"""The app that acceptance tests start workers of: the real one, with kinds that misbehave."""

import os

from kombu import Queue

from tasks import app

app.conf.imports = (*app.conf.imports, "tests.acceptance.kinds", "tests.acceptance.greedy")

# For a test that is about a worker of several queues.
if another := os.environ.get("ANOTHER_QUEUE"):
    exchange, arguments = app.conf["EXCHANGE"], app.conf["QUEUE_ARGUMENTS"]
    queue = Queue(another, exchange, routing_key=another, queue_arguments=arguments)
    app.conf.task_queues = [*app.conf.task_queues, queue]

__all__ = ["app"]
