"""How gunicorn serves the console; `bind` is in the Procfile, where a person looks for it."""

import signal
from typing import Any

from launch.kernel import die_with_parent

# One process: every open page is fed by the one poller of the ledger in it.
workers = 1
# Keeps open pages without threads, and ends them when it stops; gunicorn's own would wait.
worker_class = "webapp.server.Worker"
# Each download holds a thread for as long as it takes. Threads are made only when needed.
threads = 512
# More than threads, or idle connections of browsers would not be kept. Open pages don't count, and
# where the limit of open files is low, there are fewer of both: see webapp/server.py.
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
