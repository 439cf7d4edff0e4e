"""The addresses that are asked for, of a ledger that is filled: each page that a person opens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import func, select

from bench.believable import FOLDER, LONG_LOGS, MANY_ATTEMPTS
from ledger import Ledger
from ledger.filed import first_id
from ledger.filters import Filter, Standing
from ledger.listing import Place
from ledger.record import Job
from ledger.schema import jobs

LIST_AIM, JOB_AIM = 50.0, 20.0  # milliseconds, of the median


@dataclass(frozen=True, slots=True)
class Page:
    """An address, what it is called in the table, and what its median is to stay below."""

    name: str
    address: str
    aim: float = LIST_AIM


def searches(now: datetime) -> dict[str, str]:
    """Return what is asked of the list, by what it is called in the table."""
    half_a_year = f"{now - timedelta(days=180):%Y-%m-%d}"
    return {
        "all jobs": "",
        "one state": "state:failed",
        "a part of a state": "state:crashed",
        "waiting": "state:waiting",
        "scheduled, of which there are none": "state:scheduled",
        "one kind": "kind:images",
        "a rare kind": "kind:compare",
        "one person": "by:me",
        "kind, person and state": "kind:media by:grace3 state:failed",
        "nothing, from many": "kind:images by:nobody",
        "two kinds, two people": "kind:images,compare by:ada,radia4",
        "one queue": "queue:commands",
        "since yesterday": "since:yesterday",
        "until half a year ago": f"until:{half_a_year}",
        "a class of errors": "error:OSError",
        "a frequent word": "holiday",
        "a word that nearly all have": "jpg",
        "a rare word": "9001",
        "a phrase": '"connection refused by"',
        "the beginning of a word": "refus*",
        "two words, one state": "harbour osaka state:cancelled",
        "a frequent word, a rare kind": "oslo kind:compare state:failed",
        "a word that nothing has": "xyzzy",
    }


def pages(ledger: Ledger, now: datetime) -> Iterator[Page]:
    """Yield every page, those of the list first."""
    yield Page("start", "/")
    yield from _lists(ledger, now)
    yield from _jobs(ledger)
    for name, address in _others(ledger).items():
        yield Page(name, address)


def _lists(ledger: Ledger, now: datetime) -> Iterator[Page]:
    for name, text in searches(now).items():
        yield Page(f"list: {name}", f"/jobs?{urlencode({'q': text})}")
    middle = first_id(now - timedelta(days=150)) + "7000-8000-000000000000"
    for name, text in (("", ""), (", failed ones", "state:failed"), (", with a word", "holiday")):
        for way, key in (("below", "before"), ("above", "after")):
            query = urlencode({"q": text, key: middle})
            yield Page(f"list: {way} the middle{name}", f"/jobs?{query}")
    for name, wanted in (
        ("a batch", Filter(batches=(_a_batch(ledger),))),
        ("a group of failures", Filter(failures=(_a_group(ledger),))),
    ):
        yield Page(f"list: {name}", f"/jobs?{urlencode({'q': wanted.as_text()})}")
    yield Page("list: its pulse", "/jobs/pulse")


def _jobs(ledger: Ledger) -> Iterator[Page]:
    running = _newest(ledger, Standing.RUNNING, 200)[-1].id
    # The oldest that run came right after those that ended; a writer may have added others since.
    settled = ledger.listing.page(Filter(states=(Standing.SETTLED,)), 200, Place(running))
    ended = [job.id for job in settled.jobs]
    waiting = _newest(ledger, Standing.WAITING, 1)[0].id
    [short, long], [many] = LONG_LOGS, MANY_ATTEMPTS
    found = {
        "that succeeded": ended[0],
        "that failed": _newest(ledger, Standing.FAILED, 1)[0].id,
        f"with {LONG_LOGS[short]} lines of log": ended[short - 1],
        f"with {LONG_LOGS[long]:,} lines of log": ended[long - 1],
        f"with {MANY_ATTEMPTS[many]} attempts": ended[many - 1],
        "that was given a whole folder": ended[FOLDER - 1],
        "that runs": running,
        "that waits, behind all others": waiting,
    }
    for name, job in found.items():
        yield Page(f"job: {name}", f"/jobs/{job}", JOB_AIM)
    yield Page("job: why it waits, asked again", f"/jobs/{waiting}/waiting", JOB_AIM)
    yield Page("job: its files", f"/jobs/{ended[0]}/files")


def _others(ledger: Ledger) -> dict[str, str]:
    group, ended = _a_group(ledger), _newest(ledger, Standing.SUCCEEDED, 1)[0]
    last = ledger.failures.page(limit=100)[-1]
    below = f"{round(last.last_at.timestamp() * 1_000_000)}-{last.id}"
    return {
        "failures": "/failures",
        "failures: a later page": f"/failures?before={below}",
        "failures: of one kind": "/failures?kind=images",
        "failures: the largest group": f"/failures/{group}",
        "kind: a day": "/kinds/images",
        "kind: a week": "/kinds/images?period=week",
        "kind: a month": "/kinds/images?period=month",
        "kind: a rare one": "/kinds/compare?period=month",
        "queues": "/queues",
        "workers": "/workers",
        "new: hello": "/new/hello",
        "new: images": "/new/images",
        "new: as an earlier job": f"/new/{ended.kind}?from-job={ended.id}",
        "new: why it would wait": "/new/hello/waiting",
        "presets": "/presets",
        "actions": "/actions",
        "account": "/account",
        "api: jobs": "/api/v1/jobs",
        "api: jobs, 200 of them": "/api/v1/jobs?limit=200",
        "api: jobs of one state": "/api/v1/jobs?state=FAILURE",
        "api: jobs of a rare kind": "/api/v1/jobs?kind=compare&limit=200",
        "api: a kind that nothing is of": "/api/v1/jobs?kind=nothing",
        "api: a rare kind, cancelled": "/api/v1/jobs?kind=compare&state=REVOKED",
        "api: a job": f"/api/v1/jobs/{ended.id}",
        "api: its log": f"/api/v1/jobs/{ended.id}/log",
        "api: jobs that do the same": f"/api/v1/jobs/{ended.id}/same",
        "api: failures": "/api/v1/failures",
        "api: a group of failures": f"/api/v1/failures/{group}",
        "api: a kind's history": "/api/v1/kinds/images/history",
        "api: why a job would wait": "/api/v1/kinds/images/outlook",
        "api: queues": "/api/v1/queues",
        "api: workers": "/api/v1/workers",
        "api: presets": "/api/v1/presets",
        "api: dead letters": "/api/v1/dead-letters",
    }


def _newest(ledger: Ledger, standing: Standing, number: int) -> list[Job]:
    return list(ledger.listing.page(Filter(states=(standing,)), number).jobs)


def _a_batch(ledger: Ledger) -> str:
    query = select(func.max(jobs.c.batch)).where(jobs.c.batch.is_not(None))
    with ledger.database.read() as connection:
        return str(connection.execute(query).scalar_one())


def _a_group(ledger: Ledger) -> str:
    return max(ledger.failures.page(limit=1000), key=lambda group: group.jobs).id
