"""Flower's settings; its port is the environment's FLOWER_PORT, which Flower reads itself.

Flower runs this file for its variables, `celery -A tasks flower` finds it by its name.
"""

import os
from urllib.parse import urlsplit

# By default Flower listens on every interface, and asks nobody who they are.
address = "127.0.0.1"

_broker = urlsplit(os.environ.get("CELERY_BROKER_URL") or "amqp://guest:guest@localhost:5672//")
_host = _broker.hostname or "localhost"
_port = os.environ.get("RABBITMQ_MANAGEMENT_PORT") or "15672"
# RabbitMQ's management API knows how long the queues are. Here instead of on the command line,
# where every user of the machine could read the password.
_management = urlsplit(
    os.environ.get("MANAGEMENT_URL") or f"http://{f'[{_host}]' if ':' in _host else _host}:{_port}"
)
_user = _management if _management.username else _broker
broker_api = (
    f"{_management.scheme}://{_user.username or 'guest'}:{_user.password or 'guest'}"
    f"@{_management.netloc.rpartition('@')[2]}{_management.path.rstrip('/')}/api/"
)

# Jobs are kept in the ledger; Flower need not remember every message it ever saw.
max_tasks = 10_000
# Seconds after which a worker that is gone leaves the list: each restart has a name of its own.
purge_offline_workers = 600
natural_time = True
