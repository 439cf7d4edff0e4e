"""The console's worker, with little patience, so that a test need not wait for a minute."""

from webapp import server


class Worker(server.Worker):
    """Gives up on whoever stands still for a moment."""

    patience = 0.5
