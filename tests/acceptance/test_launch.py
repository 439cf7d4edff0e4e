"""`bin/run`: what dies is started again, the end is orderly, and nothing is left behind."""

import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from launch import leftovers, ports
from ledger import Ledger, Settings
from ledger.record import Ending, Job, State
from tests.services import are_registered
from tests.waiting import until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

CHECKOUT = Path(__file__).parent.parent.parent


class Run:
    """`bin/run` on ports of its own, as somebody at a terminal starts and stops it."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self._output = folder / "output"
        port, flower, broker, management = ports.free(4)
        self.address = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "POSTROOM_VAR": str(self.var),
            "DATABASE_URL": "",
            "STORAGE_URL": "",
            "CELERY_BROKER_URL": f"amqp://guest:guest@127.0.0.1:{broker}//",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "FLOWER_PORT": str(flower),
            "RABBITMQ_MANAGEMENT_PORT": str(management),
            "WORKERS": "1",
            "CONCURRENCY": "1",
            "GRACE": "2",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and wait for its last line."""
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [CHECKOUT / "bin" / "run"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self.until_it_says("Ctrl-C stops it.")

    def until_it_says(self, text: str) -> Self:
        until(f"it says {text!r}:\n{self.said()}", lambda: text in self.said(), within=90)
        return self

    def said(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    def signal(self, signum: signal.Signals) -> int:
        """Send a signal to what was started, and return its exit status."""
        assert self._process is not None
        self._process.send_signal(signum)
        return self._process.wait(60)

    def running(self) -> dict[str, int]:
        """Return the supervised programs' main processes by name, the supervisor's among them."""
        found: dict[str, int] = {}
        for pid, name in sorted(leftovers.processes(self.var).items()):
            found.setdefault(name, pid)
        return found

    def kill(self, name: str) -> None:
        """Kill the main process of a program without warning."""
        data = self.var / "rabbitmq" / "data"
        until("RabbitMQ's queues are registered", lambda: are_registered(data))
        os.kill(self.running()[name], signal.SIGKILL)

    def answers(self) -> bool:
        """Whether the console does."""
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:  # noqa: S310  # Ours.
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def submit(self, seconds: float) -> str:
        """Submit a job that takes so long, and return its id."""
        words = ["flask", "--app", "webapp", "submit", "hello", "--name", "Ada"]
        done = subprocess.run(
            [CHECKOUT / ".venv" / "bin" / words[0], *words[1:], "--seconds", str(seconds)],
            cwd=CHECKOUT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", done.stdout + done.stderr)
        assert found, done
        return found[0]

    def ledger(self) -> Ledger:
        return Ledger(Settings(postroom_var=self.var, database_url="", storage_url=""))

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
        leftovers.kill(self.var)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    made.close()


def state_of(ledger: Ledger, job: str, state: State) -> Job:
    def look() -> Job | None:
        found = ledger.jobs.get(job)
        return found if found.state is state else None

    return until(f"job {job} is {state}", look, within=60)


def test_what_dies_is_started_again_and_ctrl_c_leaves_nothing(run: Run) -> None:
    run.start()
    assert run.answers()
    assert run.said().index("/link/") < run.said().index("Starting RabbitMQ")

    for name in ("web", "worker-1", "flower", "broker", "epmd"):
        run.kill(name)
        run.until_it_says(f"{name}: was started again")
    until("the console answers", run.answers)
    ledger = run.ledger()
    state_of(ledger, run.submit(seconds=0), State.SUCCESS)
    ledger.close()

    assert run.signal(signal.SIGINT) == 0
    assert "Stopped." in run.said()
    assert run.running() == {}


@pytest.mark.long
def test_a_job_that_outlasts_the_grace_runs_again_after_the_next_start(run: Run) -> None:
    run.start()
    ledger = run.ledger()
    job = run.submit(seconds=8)
    state_of(ledger, job, State.STARTED)

    assert run.signal(signal.SIGINT) == 0
    assert ledger.jobs.get(job).state is not State.SUCCESS
    run.start()

    state_of(ledger, job, State.SUCCESS)
    assert [attempt.ending for attempt in ledger.jobs.attempts(job)] == [
        Ending.INTERRUPTED,
        Ending.SUCCEEDED,
    ]
    ledger.close()


def test_nothing_outlives_a_start_that_is_killed_and_the_next_one_works(run: Run) -> None:
    run.start()

    run.signal(signal.SIGKILL)
    until("everything has ended", lambda: not run.running(), within=60)
    run.start()

    assert run.answers()


def test_a_supervisor_that_is_killed_is_started_again_with_all_it_had(run: Run) -> None:
    run.start()
    before = run.running()

    run.kill("supervisor")
    run.until_it_says("The supervisor died")
    until("all run again", lambda: run.running().keys() == before.keys(), within=60)
    until("the console answers", run.answers)

    assert not set(run.running().values()) & set(before.values())
