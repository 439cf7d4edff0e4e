"""What there is beside jobs in a made-up ledger: people, workers, presets, dead letters."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import update

from bench import likely
from bench.believable import LIVING, WORKERS
from ledger import Ledger
from ledger.presets import Filled
from ledger.record import Vitals
from ledger.schema import workers
from ledger.workers import NewWorker
from tasks.alike import signature_of
from tasks.kind import Kind

QUEUES = ("default", "media", "commands")
LETTERS = 300
PRESETS = 60


def surroundings(ledger: Ledger, kinds: Mapping[str, Kind], now: datetime) -> None:
    """Write them all; the last of the workers beat now, and `beat` keeps them alive."""
    for name in likely.PEOPLE:
        ledger.users.add(name)
    for number in range(WORKERS):
        name = f"worker-{number % len(LIVING)}@here"
        ledger.workers.register(NewWorker(f"w{number}", name, "here", 7, QUEUES, 2, "1"))
    beat(ledger)
    days = {f"w{number}": WORKERS - number for number in range(WORKERS - len(LIVING))}
    with ledger.database.write() as connection:
        for worker, ago in days.items():
            then = now - timedelta(days=ago)
            left = {"started_at": then, "beat_at": then, "stopping_at": then}
            connection.execute(update(workers).where(workers.c.id == worker).values(left))
    for kind in kinds.values():
        signature = signature_of(kind)
        ledger.signatures.remember(signature.digest, signature.asked)
    for number in range(PRESETS):
        filled = Filled({"name": f"Ada {number}"}, (), signature_of(kinds["hello"]).digest)
        owner = likely.PEOPLE[number % len(likely.PEOPLE)]
        ledger.presets.add("hello", owner, f"Greeting {number}", filled, shared=number % 3 == 0)
    for number in range(LETTERS):
        ledger.dead_letters.keep(None, "default", "rejected", {"task": "gone"}, b"%d" % number)


def beat(ledger: Ledger) -> None:
    """Let the workers that live say so."""
    for worker in LIVING:
        ledger.workers.beat(worker, Vitals(QUEUES, 2, 0, 0.7, 2, 90_000_000))
