"""potatoq, whose defaults are its durable settings, on RabbitMQ, SQLite or PostgreSQL."""

import os

from potatoq import Potatoq

from bench.peers import marks

_BROKERS = {
    "": os.environ["BENCH_BROKER"],
    "sqlite": f"sqlite:///{os.environ['BENCH_FOLDER']}/jobs.sqlite",
    "postgresql": os.environ["BENCH_DATABASE"].replace("postgresql+psycopg", "postgresql"),
}
_record = os.environ["BENCH_RECORD"]

app = Potatoq("peers", broker=_BROKERS[_record])
if _record == "sqlite":
    # By default a commit on SQLite does not outlive a power cut.
    app.conf.broker_transport_options = {"durable": True}
_tasks = {name: app.task(name=name)(job) for name, job in marks.JOBS.items()}


def prepare() -> None:
    """Do nothing: it makes its queues and tables by itself."""


def submit(name: str, number: int) -> None:
    """Publish and wait for the confirm, or insert a row and commit."""
    _tasks[name].delay(number)
