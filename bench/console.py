"""How long the console's pages take with a million jobs: python -m bench.console [jobs] [rounds].

It fills a ledger on SQLite and one on PostgreSQL, in temporary folders that are gone afterwards,
with a year's jobs, their attempts and log lines, and asks for each page, one after the other, as a
signed-in person does. It needs about 5 GB for a million jobs, and PostgreSQL's programs.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from flask.testing import FlaskClient

from bench.filling import fill
from ledger import Ledger, Settings
from ledger.workers import NewWorker
from tests.services import PostgreSQL
from webapp import create_app

AIM = 50.0  # milliseconds, of the median


def searches(now: datetime) -> dict[str, str]:
    """Return what is asked of the list, by what it is called in the table."""
    half_a_year = f"{now - timedelta(days=180):%Y-%m-%d}"
    return {
        "all jobs": "",
        "one state": "state:failed",
        "a part of a state": "state:crashed",
        "waiting": "state:waiting",
        "one kind": "kind:images",
        "a rare kind": "kind:rare",
        "one person": "by:me",
        "kind, person and state": "kind:media by:grace3 state:failed",
        "nothing, from many": "kind:images by:nobody",
        "two kinds, two people": "kind:images,rare by:ada,radia4",
        "one queue": "queue:commands",
        "since yesterday": "since:yesterday",
        "until half a year ago": f"until:{half_a_year}",
        "a class of errors": "error:OSError",
        "a frequent word": "holiday",
        "a word that all have": "webp",
        "a rare word": "9001",
        "a phrase": '"connection refused by"',
        "the beginning of a word": "refus*",
        "two words, one state": "harbour osaka state:cancelled",
        "a frequent word, a rare kind": "webp kind:rare state:failed",
        "a word that nothing has": "xyzzy",
    }


def main(jobs: int, rounds: int) -> None:
    """Print one table of both databases."""
    columns = {}
    for name, opened in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        with opened() as settings:
            columns[name] = measured(settings, jobs, rounds)
    print(f"{jobs:,} jobs; server time in ms, {rounds} rounds")
    print(f"{'':34}" + "".join(f"{name:>12} p50  p95" for name in columns))
    for page in columns["SQLite"]:
        figures = [figure for times in columns.values() for figure in times[page]]
        slow = " *" if max(figures[::2]) > AIM else ""
        print(
            f"{page:34}"
            + "".join(
                f"{p50:16.1f} {p95:6.1f}"
                for p50, p95 in zip(figures[::2], figures[1::2], strict=True)
            )
            + slow
        )


def measured(settings: Settings, jobs: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Fill a ledger and return the median and the 95th percentile of each page, in milliseconds."""
    ledger, now = Ledger(settings), datetime.now(UTC)
    ledger.upgrade()
    worker = NewWorker("w", "worker-one@here", "here", 1, ["default"], 2, "1")
    ledger.workers.register(worker)
    began = time.perf_counter()
    fill(ledger, jobs, now)
    print(
        f"filled in {time.perf_counter() - began:.0f} s: {settings.database_url}", file=sys.stderr
    )
    client = signed_in(ledger, settings)
    pages = {f"list: {name}": f"/jobs?{urlencode({'q': q})}" for name, q in searches(now).items()}
    times = {name: timed(client, address, rounds) for name, address in pages.items()}
    ledger.close()
    return times


def signed_in(ledger: Ledger, settings: Settings) -> FlaskClient:
    """Return a browser of somebody who has signed in."""
    client = create_app(settings, ledger).test_client()
    link = ledger.users.new_link(ledger.users.add("ada"), 600)
    client.get(f"/link/{link}")
    return client


def timed(client: FlaskClient, address: str, rounds: int) -> tuple[float, float]:
    """Ask for a page many times; return the median and the 95th percentile in milliseconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        answer = client.get(address)
        times.append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            raise SystemExit(f"{address} answers {answer.status}: {answer.text[:500]}")
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


@contextmanager
def sqlite() -> Iterator[Settings]:
    """Give the settings of a ledger on SQLite, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        yield Settings(postroom_var=Path(folder), database_url="", storage_url="")


@contextmanager
def postgresql() -> Iterator[Settings]:
    """As above, on a PostgreSQL server of its own."""
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        server = PostgreSQL().start()
        try:
            yield Settings(
                postroom_var=Path(folder), database_url=server.database(), storage_url=""
            )
        finally:
            server.close()


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], *("1000000", "20")[len(sys.argv) - 1 :])))
