"""gunicorn's worker with threads, whose open streams end as soon as it is told to stop."""

from types import FrameType

from gunicorn.workers.gthread import ThreadWorker

from webapp.live import close_all


class Worker(ThreadWorker):
    """One process of the console; each open job page holds one of its threads."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin a graceful stop.

        gunicorn waits for the requests that it is answering, and a stream would make it wait for
        the whole of its grace. The pages come again, to the next process.
        """
        app = getattr(self, "wsgi", None)
        if app is not None:  # Told to stop before the app was there, it has no streams.
            close_all(app)
        super().handle_exit(sig, frame)
