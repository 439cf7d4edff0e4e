"""How gunicorn serves the console; `bind` is in the Procfile, where a person looks for it."""

import signal
from typing import Any

from launch.kernel import die_with_parent

# One process: every open job page is fed by the one poller of the ledger in it.
workers = 1
# Ends the open event streams when it is told to stop; gunicorn's own would wait for them.
worker_class = "webapp.server.Worker"
# Each open job page holds a thread for as long as it is open. Threads are made only when needed.
threads = 512
# More than threads, or idle connections of browsers would not be kept.
worker_connections = 1024
# Seconds that downloads and uploads in progress get when the console stops.
graceful_timeout = 15
# Bytes; the most there can be. A link that opens a filled form holds what the form asks for.
limit_request_line = 8190
# Every request is in the browser's own log; what matters here would drown.
accesslog = None
# By default every gunicorn of a user puts its control socket at the same path in his home.
control_socket_disable = True


def post_fork(_server: Any, _worker: Any) -> None:
    """Let the serving process end with its master: it would keep the port from the next one."""
    die_with_parent(signal.SIGKILL)
