"""gunicorn's worker with threads: nobody holds one idly, and streams end when it stops."""

import gc
import logging
import resource
from types import FrameType
from typing import Any, Final

from gunicorn.errors import AppImportError
from gunicorn.workers.gthread import ThreadWorker

from ledger.errors import StorageError
from webapp.live import close_all, part_from_streams
from webapp.streams import Parted, Streams

logger = logging.getLogger(__name__)

MOST_STREAMS: Final = 5_000
OTHER_FILES: Final = 256  # that the process has open: of the database, the storage, the broker


class Worker(ThreadWorker):
    """One process of the console; each download holds one of its threads, an open page none."""

    patience: float = 60  # seconds

    #: Who keeps the streams; None before there is an app, and where they have to have threads.
    streams: Streams | None = None

    def init_process(self) -> None:
        """Begin, with as many connections at a time as there can be open files."""
        most = self.cfg.worker_connections
        files = open_files(2 * most + MOST_STREAMS + OTHER_FILES)
        self.worker_connections, self.most_streams = shares(files, most)
        super().init_process()

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer a request, and give up on a client that sends or takes nothing for that long.

        A person who pauses a download, or whose machine is gone, would otherwise hold the thread
        for hours. Browsers go on where a download or a film broke off.
        """
        conn.sock.settimeout(self.patience)
        try:
            return bool(super().handle_request(req, conn))
        except Parted as parted:
            # What `finish_request` finds; the stream closes the connection.
            connection, conn.sock = conn.sock, None
            parted.stream.keep(connection, chunked=req.version >= (1, 1))
            return False
        except TimeoutError:
            logger.info("%s stood still for %g s and is cut off.", conn.client, self.patience)
            return False

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Go on with a connection, unless a stream has it now."""
        if conn.sock is None:
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)

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
        # Not with TLS of gunicorn's own: what is encrypted can't be written to without a thread.
        if not self.cfg.is_ssl:
            self.streams = part_from_streams(self.wsgi, self.most_streams)
        # To look through all that is loaded by now takes a collector 80 ms, and everybody waits.
        gc.collect()
        gc.freeze()

    def run(self) -> None:
        """Serve until told to stop."""
        super().run()
        if self.streams is not None:
            self.streams.leave()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin a graceful stop.

        gunicorn waits for the requests that it is answering, and a stream would make it wait for
        the whole of its grace. The pages come again, to the next process.
        """
        app = getattr(self, "wsgi", None)
        if app is not None:  # Told to stop before the app was there, it has no streams.
            close_all(app)
        super().handle_exit(sig, frame)


def open_files(wanted: int) -> int:
    """Return how many files this process may have open, after asking for so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else soft


def shares(files: int, connections: int) -> tuple[int, int]:
    """Return how many requests and how many streams there may be at a time.

    A server that runs out of files ends, so it lets in fewer where files are few: a stream needs
    one, a request two, for a download has another one open.

    Args:
        files: that may be open.
        connections: requests at a time, where files are many.
    """
    connections = min(connections, files // 4)
    return connections, min(MOST_STREAMS, max(0, files - 2 * connections - OTHER_FILES))
