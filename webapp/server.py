"""gunicorn's worker with threads: its streams end when it stops, and nobody holds a thread idly."""

import logging
from types import FrameType
from typing import Any

from gunicorn.errors import AppImportError
from gunicorn.workers.gthread import ThreadWorker

from ledger.errors import StorageError
from webapp.live import close_all

logger = logging.getLogger(__name__)


class Worker(ThreadWorker):
    """One process of the console; each open job page and each download holds one of its threads."""

    patience: float = 60  # seconds

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer a request, and give up on a client that sends or takes nothing for that long.

        A person who pauses a download, or whose machine is gone, would otherwise hold the thread
        for hours. Browsers go on where a download or a film broke off.
        """
        conn.sock.settimeout(self.patience)
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError:
            logger.info("%s stood still for %g s and is cut off.", conn.client, self.patience)
            return False

    def load_wsgi(self) -> None:
        """Load the console, and refuse to start where the settings name what is not installed.

        Raises:
            AppImportError: a storage's library is missing. gunicorn prints the words and ends.
        """
        super().load_wsgi()
        try:
            self.wsgi.extensions["postroom"].ledger.files.require()
        except StorageError as error:
            raise AppImportError(f"The console does not start. {error}") from error

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin a graceful stop.

        gunicorn waits for the requests that it is answering, and a stream would make it wait for
        the whole of its grace. The pages come again, to the next process.
        """
        app = getattr(self, "wsgi", None)
        if app is not None:  # Told to stop before the app was there, it has no streams.
            close_all(app)
        super().handle_exit(sig, frame)
