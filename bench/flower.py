"""Flower's pages beside ours, given 100,000 tasks: python -m bench.flower [tasks] [rounds].

It starts a RabbitMQ node and a Flower that remembers as many tasks, sends it the events that a
worker sends of each (received, started, succeeded or failed), and asks for what its page of tasks
asks for. Flower keeps tasks in its memory alone: what it holds of them is told, too.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

from celery import Celery
from celery.events import EventDispatcher
from kombu import Connection

from bench import likely
from bench.processes import memory
from launch import ports
from tests.services import RabbitMQ
from tests.waiting import until

WORKER = "worker-1@here"
STARTS, HEARS = 60.0, 60.0  # seconds
AT_ONCE = 4_000  # tasks


def main(tasks: int, rounds: int) -> None:
    """Print how long Flower takes for its pages, and how much memory it has."""
    with RabbitMQ() as broker, _flower(broker.url, tasks) as (flower, address):
        empty = memory(flower.pid).pss
        began = time.monotonic()
        _send(broker.url, address, tasks)
        known = time.monotonic() - began
        print(f"{tasks:,} tasks: sent and known after {known:.0f} s", flush=True)
        print(f"memory: {empty:.0f} MiB before, {memory(flower.pid).pss:.0f} MiB after")
        for name, path in _pages().items():
            p50, p95 = _timed(f"{address}{path}", rounds)
            print(f"{name:40}{p50:10.1f}{p95:10.1f}", flush=True)


@contextmanager
def _flower(broker: str, tasks: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    [port] = ports.free()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        environment = os.environ | {
            "CELERY_BROKER_URL": broker,
            "POSTROOM_VAR": folder,
            "FLOWER_UNAUTHENTICATED_API": "true",
        }
        program = [sys.executable, "-m", "celery", "-A", "tasks", "flower", f"--port={port}"]
        with (Path(folder) / "flower.log").open("wb") as log:
            flower = subprocess.Popen(
                [*program, f"--max-tasks={tasks}"], env=environment, stdout=log, stderr=log
            )
        try:
            until("Flower answers", lambda: _known(address) == 0, STARTS)
            yield flower, address
        finally:
            flower.terminate()
            flower.wait()


def _send(broker: str, address: str, tasks: int) -> None:
    """Send the events of so many tasks, as a worker does.

    Some at a time: events that Flower has not read within five seconds are lost.
    """
    chance = random.Random(tasks)  # noqa: S311 - to be the same each time
    app = Celery(broker=broker)
    with Connection(broker) as connection:
        dispatcher = EventDispatcher(connection, WORKER, app=app, buffer_while_offline=False)
        dispatcher.send("worker-online", freq=2, sw_ident="py-celery", sw_ver="5", sw_sys="Linux")
        for number in range(tasks):
            _one(dispatcher, chance, number)
            if (number + 1) % AT_ONCE == 0 or number + 1 == tasks:
                sent = number + 1
                until("Flower knows the tasks", lambda sent=sent: _known(address) >= sent, HEARS)
        dispatcher.close()


def _one(dispatcher: EventDispatcher, chance: random.Random, number: int) -> None:
    task, kind = str(UUID(int=chance.getrandbits(128))), likely.kind_and_files(chance)[0]
    subject = f"{chance.choice(likely.NOUNS)} {chance.choice(likely.PLACES)} {number % 9973}"
    told = f"name={subject}, width=1280, format=webp"
    dispatcher.send("task-received", uuid=task, name=kind, args="()", kwargs=told, retries=0)
    dispatcher.send("task-started", uuid=task)
    if chance.random() < 0.05:
        failed = likely.error(chance, kind)
        words = f"{failed.type}({failed.message!r})"
        dispatcher.send("task-failed", uuid=task, exception=words, traceback=failed.traceback)
    else:
        dispatcher.send("task-succeeded", uuid=task, result="{'made': 3}", runtime=chance.random())


def _pages() -> dict[str, str]:
    """Return what the page of tasks asks for, as a person sorts and searches it."""

    def asked(search: str = "", start: int = 0, by: str = "received") -> str:
        query = {"draw": 1, "start": start, "length": 30, "search[value]": search}
        order = {"order[0][column]": 0, "order[0][dir]": "desc", "columns[0][data]": by}
        return f"/tasks/datatable?{urlencode(query | order)}"

    return {
        "tasks: the newest": asked(),
        "tasks: the newest, by name": asked(by="name"),
        "tasks: in the middle": asked(start=50_000),
        "tasks: one state": asked("state:FAILURE"),
        "tasks: a word": asked("kwargs:holiday"),
        "tasks: a word anywhere": asked("holiday"),
        "api: tasks": "/api/tasks?limit=30&sort_by=-received",
        "workers": "/workers?json=1",
    }


def _known(address: str) -> int:
    """Return how many tasks Flower knows, or -1 where it does not answer."""
    url = f"{address}{_pages()['tasks: the newest']}"
    try:
        with urllib.request.urlopen(url, timeout=60) as said:  # noqa: S310 - our own
            return int(json.load(said)["recordsTotal"])
    except OSError:
        return -1


def _timed(url: str, rounds: int) -> tuple[float, float]:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - our own
            answer.read()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], *("100000", "20")[len(sys.argv) - 1 :])))
