"""How long the console's pages take with a million jobs: python -m bench.console.

It fills a ledger on SQLite and one on PostgreSQL, in temporary folders that are gone afterwards,
with a year's jobs, their attempts, logs and files, has the clock's chores catch up, and asks for
each page a person opens, one after the other, as somebody does who has signed in. It needs about
10 GB for a million jobs, PostgreSQL's programs, and ten minutes.

    --filled URL   instead measures a ledger that `python -m bench.filling URL` has filled
    --busy         measures while a writer submits, claims, settles and files 200 jobs a second
    --passes N     measures all pages so many times, and keeps the best pass of each page, where
                   other programs make the machine slow for a while
    --json FILE    keeps the figures
"""

import argparse
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from bench.filling import fill
from bench.pages import Page, pages
from bench.processor import Processor
from bench.surroundings import beat
from bench.writer import writing
from ledger import Ledger, Settings
from tasks.kind import kinds
from tests.services import PostgreSQL
from webapp import create_app, joblist, queues, workers

NOWHERE = "http://127.0.0.1:9"  # RabbitMQ's management, whose own time is none of ours


@dataclass(frozen=True, slots=True)
class Figures:
    """A page's times in milliseconds: the median, the 95th percentile, and the aim of the first.

    `work` is the median of what processors worked for it, ours and the database's.
    """

    p50: float
    p95: float
    work: float
    aim: float
    size: int  # bytes of the page


def main() -> None:
    """Print one table of all databases."""
    asked = _arguments()
    measured: dict[str, dict[str, Figures]] = {}
    with ExitStack() as opened:
        for name, url in _databases(asked, opened):
            measured[name] = _measured(url, asked)
    how = f"{asked.rounds} rounds, the best of {asked.passes} passes, load {os.getloadavg()[1]:.1f}"
    _print(measured, how + ", beside a writer" * asked.busy)
    if asked.json:
        told = {
            database: {page: asdict(one) for page, one in table.items()}
            for database, table in measured.items()
        }
        asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--waiting", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--filled", action="append", default=[], metavar="URL")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--only", default="", help="pages whose names have this")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _databases(asked: argparse.Namespace, opened: ExitStack) -> Iterator[tuple[str, str]]:
    for url in asked.filled:
        yield ("SQLite" if url.startswith("sqlite") else "PostgreSQL"), url
    if not asked.filled:
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="postroom-bench-"))
        yield "SQLite", f"sqlite:///{folder}/ledger.sqlite3"
        yield "PostgreSQL", opened.enter_context(PostgreSQL()).database()


def _measured(url: str, asked: argparse.Namespace) -> dict[str, Figures]:
    """Return each page's figures, of a ledger that is filled first where it is empty."""
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        settings = Settings(
            postroom_var=Path(folder), database_url=url, storage_url="", management_url=NOWHERE
        )
        ledger, now = Ledger(settings), datetime.now(UTC)
        if not asked.filled:
            ledger.upgrade()
            fill(ledger, kinds(), asked.jobs, asked.waiting, now)
        try:
            return _timed(ledger, settings, asked, now)
        finally:
            ledger.close()


def _timed(
    ledger: Ledger, settings: Settings, asked: argparse.Namespace, now: datetime
) -> dict[str, Figures]:
    app = create_app(settings, ledger)
    # Each request reads anew what one reading serves all who look for a second.
    app.extensions[joblist.EXTENSION] = joblist.Pulse(ledger, 0)
    client = signed_in(app, ledger)
    wanted = [page for page in pages(ledger, now) if asked.only in page.name]
    gc.collect()
    gc.freeze()  # As the console does when it has loaded.
    with writing(ledger.settings.database_url) if asked.busy else _nobody():
        passes = [
            {page.name: timed(app, client, ledger, page, asked.rounds) for page in wanted}
            for _ in range(asked.passes)
        ]
    return {name: _best([one[name] for one in passes]) for name in passes[0]}


def _best(passes: list[Figures]) -> Figures:
    best = min(passes, key=lambda one: one.p50)
    return replace(best, work=min(one.work for one in passes))


@contextmanager
def _nobody() -> Iterator[None]:
    yield


def signed_in(app: Flask, ledger: Ledger) -> FlaskClient:
    """Return a browser of somebody who has signed in."""
    client = app.test_client()
    ada = ledger.users.named("ada")
    assert ada is not None
    link = ledger.users.new_link(ada, 600)
    client.get(f"/link/{link}")
    return client


def timed(app: Flask, client: FlaskClient, ledger: Ledger, page: Page, rounds: int) -> Figures:
    """Ask for a page many times.

    Two requests before those that count let each side prepare its statements.
    """
    times, works = [], []
    beat(ledger)
    for _warming_up in range(2):
        client.get(page.address)
    processor = Processor(ledger)
    for _ in range(rounds):
        for board in (queues.EXTENSION, workers.EXTENSION):
            app.extensions[board].forget()
        began, worked = time.perf_counter(), processor.worked()
        answer = client.get(page.address)
        times.append(1000 * (time.perf_counter() - began))
        works.append(processor.worked() - worked)
        if answer.status_code != 200:
            raise SystemExit(f"{page.address} answers {answer.status}: {answer.text[:2000]}")
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    work = statistics.median(works)
    return Figures(round(p50, 1), round(p95, 1), round(work, 1), page.aim, len(answer.data))


def _print(measured: Mapping[str, Mapping[str, Figures]], how: str) -> None:
    print(f"Server time in ms: p50, p95 and the processors' work, {how}; * misses its aim")
    print(f"{'':38}" + "".join(f"{name:>28}" for name in measured) + f"{'aim':>6}")
    for page in next(iter(measured.values())):
        found = [table[page] for table in measured.values() if page in table]
        slow = " *" if any(one.p50 > one.aim for one in found) else ""
        cells = "".join(f"{one.p50:12.1f}{one.p95:8.1f}{one.work:8.1f}" for one in found)
        print(f"{page:38}{cells}{found[0].aim:6.0f}{slow}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
