"""A whole Postroom as a Procfile runner starts it: the console, a worker, and their ledger."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from types import TracebackType
from typing import Self

from launch import ports, procfile
from ledger import Ledger, Settings
from ledger.record import Job
from tests.waiting import until

CHECKOUT = Path(__file__).parent.parent
STOP = 30  # seconds


class Program:
    """One line of the Procfile, with its main process's pid and its log."""

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        command = procfile.read(CHECKOUT / "Procfile")[name]
        # Found first: the programs that are installed beside this Python.
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                cwd=CHECKOUT,
                env=os.environ | environment | {"PATH": path},
                stdout=out,
                stderr=out,
            )

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        return self._process.pid

    def running(self) -> bool:
        return self._process.poll() is None

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def end(self) -> None:
        """Ask it to end, and kill it if it does not."""
        self._process.terminate()
        try:
            self._process.wait(STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP)


@dataclass(frozen=True)
class Page:
    """What a visit led to; `path` is without the console's address."""

    status: int
    path: str
    text: str

    def hidden(self) -> dict[str, str]:
        """Return the values that the page's forms send along unseen."""
        found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', self.text)
        return {name: unescape(value) for name, value in found}


class Visitor:
    """A person's browser, as far as addresses, cookies and forms go."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def visit(self, address: str, form: Mapping[str, str] | None = None) -> Page:
        """Open an address, or send a form to it, and follow where it leads."""
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            answer = self._opener.open(address, data)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            path = urllib.parse.urlsplit(answer.url).path
            return Page(answer.status, path, answer.read().decode())


class Postroom:
    """A console on a free port, with or without a worker, that is gone when closed.

    `ledger` is the same one that the programs use.
    """

    def __init__(self, folder: Path, broker_url: str, database_url: str = "") -> None:
        self.folder = folder
        port, flower_port = ports.free(2)
        self.address = f"http://127.0.0.1:{port}"
        self.environment = {
            "POSTROOM_VAR": str(folder / "var"),
            "DATABASE_URL": database_url,
            "STORAGE_URL": "",
            "CELERY_BROKER_URL": broker_url,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "FLOWER_PORT": str(flower_port),
        }
        self.ledger = Ledger(
            Settings(
                postroom_var=folder / "var",
                database_url=database_url,
                storage_url="",
                celery_broker_url=broker_url,
            )
        )
        self.ledger.upgrade()
        self.programs: list[Program] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for program in reversed(self.programs):
            program.end()
        self.ledger.close()

    def start(self, name: str) -> Program:
        """Start a program of the Procfile."""
        log = self.folder / f"{name}-{len(self.programs)}.log"
        program = Program(name, self.environment, log)
        self.programs.append(program)
        return program

    def console(self) -> Program:
        """Start the console and wait until it answers."""
        started = self.start("web")
        try:
            until("the console answers", self.answers)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{started.text()}") from None
        return started

    def answers(self) -> bool:
        """Return whether the console does."""
        try:
            with urllib.request.urlopen(f"{self.address}/healthz") as answer:  # noqa: S310 - http
                return bool(answer.status == 200)
        except urllib.error.URLError:
            return False

    def worker(self) -> Program:
        """Start a worker and wait until it takes jobs."""
        started = self.start("worker")
        until("a worker takes jobs", lambda: "ready." in started.text(), within=60)
        return started

    def link(self, name: str) -> str:
        """Return a link that signs a person in, who is added if need be."""
        user = self.ledger.users.named(name) or self.ledger.users.add(name)
        return f"{self.address}/link/{self.ledger.users.new_link(user, 600)}"

    def settled(self, job: str, within: float = 30) -> Job:
        """Wait until a job has ended, and return it."""

        def look() -> Job | None:
            found = self.ledger.jobs.get(job)
            return found if found.state.settled else None

        return until(f"job {job} is settled", look, within)
