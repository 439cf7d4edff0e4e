"""What open pages cost the console: python -m bench.watchers [pages ...] [--database sqlite].

It starts a console as the Procfile does, opens so many pages from one client (half of them on one
job, a quarter on a job each, a quarter on the list), and prints how long a change takes to reach
them, what the console's process needs meanwhile, and how long a page takes that is asked for then.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

from bench import processes
from bench.open_pages import Console, Page
from ledger import Ledger
from ledger.jobs import Submission
from ledger.record import Claim, Delivery, LogLine, Progress
from ledger.workers import NewWorker
from tests.running import Postroom
from tests.services import PostgreSQL

NOWHERE = "amqp://guest:guest@127.0.0.1:1//"  # No job is run here, so there is no broker.
OPENED_AT_ONCE = 20
LISTENS = 10  # seconds for which nothing changes, to see what that costs
DEADLINE = 5  # seconds after which a change counts as never heard
OTHERS = 10  # jobs besides the one that many watch, which change along with it


@dataclass(slots=True)
class Figures:
    """What was seen with so many pages open: milliseconds, percent of a core, MiB."""

    pages: int
    streams: int = 0
    one: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    lists: list[float] = field(default_factory=list)
    missed: int = 0
    idle: float = 0.0
    busy: float = 0.0
    page_alone: float = 0.0
    page_idle: float = 0.0
    page_busy: float = 0.0
    opened_in: float = 0.0
    threads: int = 0
    pss: float = 0.0


class Work:
    """Jobs that run, and what their workers would write of them."""

    def __init__(self, ledger: Ledger, jobs: int) -> None:
        self._ledger = ledger
        worker = NewWorker("one", "worker-one@here", "here", 1, ["default"], 2, "1")
        ledger.workers.register(worker)
        self.claims = [self._claimed(number) for number in range(jobs)]
        self._numbers = count(1)
        self._lines = {claim.job: count(1) for claim in self.claims}

    def _claimed(self, number: int) -> Claim:
        asked = Submission(kind="hello", queue="default", inputs={"name": "Ada"}, owner="ada")
        job, _new = self._ledger.jobs.submit(asked)
        claim = self._ledger.claims.claim(Delivery(job, f"m{number}", 0), "one", 10**6)
        assert isinstance(claim, Claim)
        return claim

    def change(self, claim: Claim) -> str:
        """Write progress and a line of the log, and return the mark that pages will show."""
        number = next(self._numbers)
        mark = f"change-{number}-of"
        line = next(self._lines[claim.job])
        said = LogLine(claim.attempt, line, datetime.now(UTC), "INFO", mark)
        self._ledger.attempts.report(claim, Progress(number % 100, 100, mark), [said])
        return mark


def opened_pages(work: Work, number: int) -> list[Page]:
    """Return so many pages: half on the first job, a quarter on one of the others, and lists."""
    one, *others = (claim.job for claim in work.claims)
    jobs = [one] * (number // 2) + others[: number // 4]
    pages = [
        Page("job", job, f"/jobs/{job}/events?after=0.0", f"/jobs/{job}/since?after=0.0")
        for job in jobs
    ]
    lists = number - len(pages)
    return pages + [
        Page("list", "", "/jobs/pulse/events", "/jobs/pulse?seen=") for _ in range(lists)
    ]


async def measured(console: Console, web: int, work: Work, figures: Figures, rounds: int) -> None:
    """Open the pages, change jobs, and fill in the figures."""
    figures.page_alone = await page_time(console)
    pages = opened_pages(work, figures.pages)
    began = time.perf_counter()
    tasks = await opened(pages, console)
    figures.opened_in = time.perf_counter() - began
    figures.streams = sum(page.streams for page in pages)
    await asyncio.sleep(2)
    with share_of_a_core(web) as share:
        await asyncio.sleep(LISTENS)
    figures.idle = share[0]
    figures.page_idle = await page_time(console)
    with share_of_a_core(web) as share:
        for _ in range(rounds):
            await change_is_heard(work, pages, figures)
            await asyncio.sleep(random.uniform(0.3, 0.8))  # noqa: S311 - out of the poller's step
    figures.busy = share[0]
    changing = asyncio.create_task(keep_changing(work))
    figures.page_busy = await page_time(console)
    changing.cancel()
    figures.threads, figures.pss = processes.threads(web), processes.memory(web).pss
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def opened(pages: Sequence[Page], console: Console) -> list[asyncio.Task[None]]:
    """Open the pages, a few at a time, as people come."""
    gate = asyncio.Semaphore(OPENED_AT_ONCE)
    tasks = []

    async def open_one(page: Page) -> None:
        async with gate:
            tasks.append(asyncio.create_task(page.stay(console)))
            await page.ready.wait()

    await asyncio.gather(*(open_one(page) for page in pages))
    return tasks


async def change_is_heard(work: Work, pages: Sequence[Page], figures: Figures) -> None:
    """Change a few jobs, and note how long after its commit each page has heard of its own."""
    changes = {}
    for claim in work.claims[: 1 + OTHERS]:
        mark = await asyncio.to_thread(work.change, claim)
        changes[claim.job] = (mark, time.perf_counter())
    last = max(at for _mark, at in changes.values())
    concerned = [page for page in pages if page.sort == "list" or page.job in changes]
    # Not woken by each that hears: that would cost the time which is measured.
    while missing(concerned, changes, last) and time.perf_counter() - last < DEADLINE:  # noqa: ASYNC110 - see above
        await asyncio.sleep(0.05)
    figures.missed += missing(concerned, changes, last)
    for page in concerned:
        if page.sort == "list":
            # The first beat after the last change is the one that tells of all of them.
            figures.lists += [1000 * (beat - last) for beat in page.beats if beat > last][:1]
        elif (heard := page.heard.get(changes[page.job][0])) is not None:
            of_many = page.job == work.claims[0].job
            group = figures.one if of_many else figures.others
            group.append(1000 * (heard - changes[page.job][1]))


def missing(pages: Sequence[Page], changes: dict[str, tuple[str, float]], last: float) -> int:
    """Return how many have not heard yet."""
    return sum(
        not any(beat > last for beat in page.beats[-1:])
        if page.sort == "list"
        else changes[page.job][0] not in page.heard
        for page in pages
    )


async def keep_changing(work: Work) -> None:
    """Change the job that many watch, five times a second."""
    while True:
        await asyncio.to_thread(work.change, work.claims[0])
        await asyncio.sleep(0.2)


async def page_time(console: Console) -> float:
    """Return the median of how long the list of jobs takes to come, in milliseconds."""
    times = []
    for _ in range(20):
        began = time.perf_counter()
        status, _body = await console.asked("/jobs")
        times.append(1000 * (time.perf_counter() - began))
        assert status == 200
    return statistics.median(times)


@contextmanager
def share_of_a_core(pid: int) -> Iterator[list[float]]:
    """Give a list that has, after the block, how busy a process was in it, in percent."""
    found: list[float] = []
    cpu, clock = processes.seconds(pid), time.perf_counter()
    yield found
    found.append(100 * (processes.seconds(pid) - cpu) / (time.perf_counter() - clock))


def signed_in(place: Postroom) -> Console:
    """Return the console, with the cookie of a person."""
    jar = CookieJar()
    build_opener(HTTPCookieProcessor(jar)).open(place.link("ada")).read()
    at = urlsplit(place.address)
    assert at.hostname is not None
    assert at.port is not None
    cookie = "; ".join(f"{one.name}={one.value}" for one in jar)
    return Console(at.hostname, at.port, cookie)


def watched(database: str, number: int, rounds: int) -> Figures:
    """Measure with so many pages, on a console and a ledger of their own."""
    figures = Figures(number)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-bench-"))
        server = stack.enter_context(PostgreSQL()) if database == "postgresql" else None
        url = server.database() if server else ""
        place = stack.enter_context(Postroom(Path(folder), NOWHERE, url))
        work = Work(place.ledger, max(number // 4, OTHERS) + 1)
        (web,) = processes.children(place.console().pid)
        asyncio.run(measured(signed_in(place), web, work, figures, rounds))
    return figures


def told(times: list[float]) -> str:
    """Return the median, the 95th percentile and the longest of some times."""
    if len(times) < 2:
        return f"{'-':>18}"
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
    return f"{statistics.median(times):5.0f} {p95:5.0f} {max(times):5.0f}"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int, nargs="*", default=[0, 10, 100, 1000])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    # Told to end, it ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    load = os.getloadavg()[0]
    print(f"{asked.database}, load {load:.1f}; ms to be heard (p50, p95, most); % of a core;")
    print("ms of a page with nobody watching, nothing changing, five changes a second; MiB\n")
    print(
        f"pages streams {'one job':>18} {'other jobs':>18} {'lists':>18} missed  idle  busy"
        " |  page  idle  busy | opened in  threads  pss"
    )
    for number in asked.pages:
        seen = watched(asked.database, number, asked.rounds)
        print(
            f"{seen.pages:5} {seen.streams:7} {told(seen.one)} {told(seen.others)}"
            f" {told(seen.lists)} {seen.missed:6} {seen.idle:5.1f} {seen.busy:5.1f}"
            f" | {seen.page_alone:5.1f} {seen.page_idle:5.1f} {seen.page_busy:5.1f}"
            f" | {seen.opened_in:9.1f} {seen.threads:8} {seen.pss:5.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
