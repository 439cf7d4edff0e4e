"""Flower shows the kinds and their queues, each job's end as the ledger has it, and no secret."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from launch import ports
from ledger.record import Cause, State
from tests.acceptance.conftest import Site
from tests.acceptance.workers import CHECKOUT
from tests.waiting import until

pytestmark = pytest.mark.broker


class Flower:
    """`celery -A … flower` as a person starts it, but for its API, which it opens for us."""

    def __init__(self, site: Site) -> None:
        [port] = ports.free()
        self.address = f"http://127.0.0.1:{port}"
        self.log = site.folder / "flower.log"
        management = {"RABBITMQ_MANAGEMENT_PORT": str(site.rabbitmq.node.management_port)}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "tests.acceptance.app", "flower"),
                    f"--port={port}",
                ],
                cwd=CHECKOUT,
                env=os.environ
                | site.environment
                | management
                | {"FLOWER_UNAUTHENTICATED_API": "true"},
                stdout=log,
                stderr=log,
            )

    def read(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=5) as answer:  # noqa: S310 - ours
            text: str = answer.read().decode()
            return text

    def job(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read("/api/tasks")).get(job, {})
        return found

    def says(self, job: str, state: State) -> None:
        until(f"Flower says {state} of {job}", lambda: self.job(job).get("state") == state)

    def end(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)


@pytest.fixture
def flower(site: Site) -> Iterator[Flower]:
    worker = site.worker().ready()
    made = Flower(site)
    until("Flower listens", lambda: "Events of group {task} enabled" in worker.text())
    yield made
    made.end()


def test_flower_shows_each_kind_with_its_inputs_but_no_secret_and_the_queues(
    site: Site, flower: Flower
) -> None:
    job = site.submit("keeps_a_secret", name="Ada", password="sesame opens")  # noqa: S106 - the test's own

    assert site.settled(job).result == "Ada: 12"
    flower.says(job, State.SUCCESS)
    shown = flower.job(job)
    assert (shown["name"], shown["args"]) == ("keeps_a_secret", "name=Ada, password=•••")
    assert "sesame" not in flower.read("/api/tasks") + flower.read(f"/task/{job}")
    until("it shows the queue", lambda: ">default<" in flower.read("/broker"))


def test_flower_says_of_jobs_that_are_cancelled_tried_again_or_quarantined_what_the_ledger_says(
    site: Site, flower: Flower, trace: Path, gate: Path
) -> None:
    again = site.submit("recovers_later", trace=trace)
    flower.says(again, State.RETRY)
    running = site.submit("stays", trace=trace, gate=gate)
    site.started(running)
    waiting = site.submit("stays", trace=trace, gate=gate)

    for job in (waiting, running):
        site.ledger.jobs.request_cancel(job)
    for job in (waiting, running):
        flower.says(job, State.REVOKED)
    killer = site.submit("dies", how="exit", trace=trace)
    flower.says(killer, State.FAILURE)

    assert {site.job(job).state for job in (waiting, running)} == {State.REVOKED}
    assert site.job(killer).cause is Cause.CRASHED
