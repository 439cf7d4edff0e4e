"""The ledger's database goes away while jobs run and end: nothing is lost, nothing given up."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.record import Cause, Ending, State
from tests.acceptance.conftest import Site, lines, locked
from tests.acceptance.workers import WorkerProcess, alive
from tests.running import Postroom, Visitor
from tests.services import PostgreSQL, RabbitMQ
from tests.waiting import until

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

AWAY = 60  # seconds; longer than hearts, heartbeats and a database's own limits last


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    """A server that a test may stop."""
    with PostgreSQL() as own:
        yield own


@dataclass
class Outage:
    """A Postroom whose ledger goes away: its jobs, and a person who looks at it meanwhile."""

    site: Site
    console: Postroom
    worker: WorkerProcess
    ada: Visitor
    trace: Path
    gate: Path

    @classmethod
    def of(cls, site: Site, console: Postroom) -> "Outage":
        """Start a worker and a console, and sign a person in."""
        worker = site.worker(3)
        console.console()
        ada = Visitor()
        ada.visit(console.link("ada"))
        return cls(site, console, worker.ready(), ada, site.folder / "trace", site.folder / "gate")

    def begin(self) -> None:
        """Have one job run that will end while the ledger is away, one that has to be killed."""
        self.form = self.ada.visit(f"{self.console.address}/new/hello")
        self.stays = self.site.submit("stays", trace=self.trace, gate=self.gate)
        self.limited = self.site.submit("outstays", trace=self.trace, ignores="limit")
        self.site.started(self.stays)
        self.killed = self.site.started(self.limited).pid

    def goes_on(self) -> None:
        """Wait until both have ended, and see what the console says to a person who submits."""
        self.gate.touch()
        until("it has ended", lambda: lines(self.trace, "ended"))
        until("it waits", lambda: f"Job {self.stays} waits for the ledger" in self.worker.text())
        until("the other is killed at its limit", lambda: not alive(self.killed), within=10)
        values = self.form.hidden() | {"name": "Ada", "seconds": "0"}
        page = self.ada.visit(f"{self.console.address}/new/hello", values)
        assert (page.status, "The ledger does not answer" in page.text) == (503, True)
        assert "Traceback" not in page.text

    def is_made_good(self) -> None:
        """Check that both ends are recorded, and that all goes on as before."""
        assert self.worker.running()
        assert self.site.settled(self.stays).state is State.SUCCESS
        assert self.site.endings(self.stays) == [Ending.SUCCEEDED]
        assert self.site.settled(self.limited).cause is Cause.TIMEOUT
        assert len(lines(self.trace, "began")) == 2
        assert "Connection to broker lost" not in self.worker.text()
        values = self.form.hidden() | {"name": "Ada", "seconds": "0"}
        page = self.ada.visit(f"{self.console.address}/new/hello", values)
        assert page.path.startswith("/jobs/")
        assert self.site.settled(page.path.rpartition("/")[2]).state is State.SUCCESS


@pytest.fixture
def outages(
    tmp_path: Path, rabbitmq: RabbitMQ, postgresql: PostgreSQL
) -> Iterator[tuple[Outage, Outage]]:
    """One on PostgreSQL and one on SQLite, to wait for both at a time."""
    with ExitStack() as stack:
        pair = []
        files = f"sqlite:///{tmp_path / 'sqlite' / 'ledger.sqlite3'}"
        for name, database in (("postgresql", postgresql.database()), ("sqlite", files)):
            folder = tmp_path / name
            folder.mkdir()
            vhost = rabbitmq.add_vhost()
            stack.callback(rabbitmq.remove_vhost, vhost)
            site = Site(folder, rabbitmq, rabbitmq.url_of(vhost), database)
            stack.callback(site.close)
            console = stack.enter_context(Postroom(folder, rabbitmq.url_of(vhost), database))
            pair.append(Outage.of(site, console))
        yield pair[0], pair[1]


@pytest.mark.long
def test_jobs_run_and_end_while_the_ledger_is_away_for_a_minute(
    outages: tuple[Outage, Outage], postgresql: PostgreSQL, tmp_path: Path
) -> None:
    on_postgresql, on_sqlite = outages
    for one in outages:
        one.begin()

    postgresql.stop()
    with locked(tmp_path / "sqlite" / "ledger.sqlite3"):
        gone = time.monotonic()
        for one in outages:
            one.goes_on()
        assert on_sqlite.site.job(on_sqlite.stays).state is State.STARTED
        page = on_postgresql.ada.visit(f"{on_postgresql.console.address}/jobs")
        assert (page.status, "The ledger does not answer" in page.text) == (503, True)
        assert on_sqlite.ada.visit(f"{on_sqlite.console.address}/jobs").status == 200
        until(f"{AWAY} s are over", lambda: time.monotonic() - gone > AWAY, AWAY)
    postgresql.start()
    on_postgresql.site.ledger.close()  # Its idle connections ended with the server.

    for one in outages:
        one.is_made_good()
