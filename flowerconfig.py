"""Flower's settings; its port is the environment's FLOWER_PORT, which Flower reads itself.

Flower runs this file for its variables, `celery -A tasks flower` finds it by its name.
"""

import os
from urllib.parse import urlsplit

# By default Flower listens on every interface, and asks nobody who they are.
address = "127.0.0.1"

_broker = urlsplit(os.environ.get("CELERY_BROKER_URL") or "amqp://guest:guest@localhost:5672//")
_management_port = os.environ.get("RABBITMQ_MANAGEMENT_PORT") or "15672"
# RabbitMQ's management API knows how long the queues are. Here instead of on the command line,
# where every user of the machine could read the password.
broker_api = (
    f"http://{_broker.username or 'guest'}:{_broker.password or 'guest'}"
    f"@{_broker.hostname or 'localhost'}:{_management_port}/api/"
)

# Jobs are kept in the ledger; Flower need not remember every message it ever saw.
max_tasks = 10_000
# Seconds after which a worker that is gone leaves the list: each restart has a name of its own.
purge_offline_workers = 600
natural_time = True
