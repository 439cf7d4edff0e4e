"""The clock's chores, done over a filled ledger until nothing is left for it to do."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random

from sqlalchemy import insert

from bench.believable import YEAR
from ledger import Ledger
from ledger.history_tables import queue_samples
from ledger.waiting_tables import estimates
from tasks.filing import Filing
from tasks.kind import Kind
from tasks.learning import Learning
from tasks.versions import version_of

HOURS = 24 * 40  # more than the clock counts of a past that nobody has counted


def caught_up(ledger: Ledger, kinds: Mapping[str, Kind]) -> None:
    """Bring what the clock keeps to where its chores would have brought it."""
    versions = {name: version_of(kind) for name, kind in kinds.items()}
    while ledger.naming.name(versions, 20_000):
        pass
    ledger.naming.forget(YEAR / 1_000_000)
    ledger.history.count(HOURS)
    for name in kinds:
        while ledger.experience.learn_runs(name):
            pass
    Filing(ledger, kinds).do()
    queues = ["commands", "default", "media"]
    ledger.depths.sample(queues)
    # Of what has been foreseen and seen at its time, nothing tells any more: that is made up.
    _sampled(ledger, queues)
    _foreseen(ledger, queues)
    Learning(ledger, list(kinds), queues).step()


def _sampled(ledger: Ledger, queues: list[str]) -> None:
    """Keep a sample of each minute of ninety days; what is old is thinned by the next real one."""
    now, chances = ledger.database.read_clock(), Random(1)  # noqa: S311 - made up
    minute = now.replace(second=0, microsecond=0)
    midnight = minute.replace(hour=0, minute=0)
    ats = [minute - timedelta(minutes=ago) for ago in range(1, 1440)]
    ats += [midnight - timedelta(days=1, minutes=10 * ago) for ago in range(1, 864)]
    ats += [midnight - timedelta(days=7, hours=ago) for ago in range(1, 24 * 80)]
    rows = [
        {"queue": queue, "at": at, "waiting": chances.randrange(200), "running": 4}
        for queue in queues
        for at in set(ats)
    ]
    new = ledger.database.upsert(queue_samples).on_conflict_do_nothing()
    with ledger.database.write_soon() as connection:
        connection.execute(new, rows)


def _foreseen(ledger: Ledger, queues: list[str]) -> None:
    """Keep as many checked estimates of each queue as the clock does."""
    newest = ledger.jobs.page(limit=1)[0].id
    rows = [
        {
            "id": f"{queue}-{number}",
            "queue": queue,
            "job": newest,
            "after": "",
            "attempt": 1,
            "made_at": ledger.database.read_clock(),
            "foreseen": 60.0 + number % 7,
            "waited": 60.0 + number % 11,
        }
        for queue in queues
        for number in range(400)
    ]
    with ledger.database.write_soon() as connection:
        connection.execute(insert(estimates), rows)
