"""What is wrong with a deployment, and for each thing the line that repairs it."""

import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from celery import Celery

from ledger import Ledger
from ledger.errors import LedgerError, LedgerOutdated, LedgerUnavailable, StorageError
from tasks import broker_checks
from tasks.findings import Finding, Verdict
from tasks.kind import Kind
from tasks.kinds.commands import DECLARED_BY, catalogue

CLOCKS_MAY_DIFFER = timedelta(seconds=5)


def examine(
    ledger: Ledger,
    app: Celery,
    kinds: Mapping[str, Kind],
    now: Callable[[], datetime] | None = None,
) -> Iterator[Finding]:
    """Yield what is found, one check after another; it takes a few seconds in any weather.

    Args:
        ledger: the deployment's.
        app: the Celery app, for its broker and its queues.
        kinds: what can be submitted, by name.
        now: this machine's clock.
    """
    database = _database(ledger)
    yield database
    if database.verdict is Verdict.GOOD:
        yield _clocks(ledger, now or (lambda: datetime.now(UTC)))
        yield from _workers(ledger, kinds)
    yield from _commands(ledger, app, kinds)
    yield _storage(ledger)
    takes_messages, ctl = True, broker_checks.rabbitmqctl(ledger)
    for found in broker_checks.broker(app, ctl):
        takes_messages &= found.verdict is not Verdict.WRONG
        yield found
    if takes_messages and database.verdict is Verdict.GOOD:
        yield from broker_checks.outbox(ledger, kinds, ctl)
    yield broker_checks.acknowledged_in_time(ledger.settings.ack_timeout, kinds)
    yield broker_checks.password(app)


def _database(ledger: Ledger) -> Finding:
    try:
        ledger.require_current()
    except LedgerOutdated as error:
        return Finding("ledger", Verdict.WRONG, str(error), "python -m ledger upgrade")
    except LedgerUnavailable as error:
        return Finding(
            "ledger",
            Verdict.WRONG,
            f"The database does not answer: {error}",
            "Start the database, or set DATABASE_URL to where it is.",
        )
    return Finding("ledger", Verdict.GOOD, "The database answers, its tables are current.")


def _clocks(ledger: Ledger, now: Callable[[], datetime]) -> Finding:
    apart = abs(ledger.database.read_clock() - now())
    if apart > CLOCKS_MAY_DIFFER:
        return Finding(
            "clocks",
            Verdict.DOUBTFUL,
            f"This machine's clock and the database's are {apart.total_seconds():.0f} s apart."
            " Jobs run right all the same, but times on pages look odd.",
            "Let both machines follow the same time server, for instance: apt install chrony",
        )
    return Finding("clocks", Verdict.GOOD, "This machine's clock and the database's agree.")


def _workers(ledger: Ledger, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    alive = ledger.workers.alive(ledger.settings.heart_timeout)
    paused = ledger.queues.paused()
    for queue in sorted({kind.queue for kind in kinds.values()}):
        listening = [one for one in alive if queue in one.queues and one.draining_at is None]
        if pause := paused.get(queue):
            words = f"{pause.by} has paused {queue}: {pause.why}"
            repair = f"flask --app webapp queue resume {queue}"
            yield Finding(f"workers of {queue}", Verdict.DOUBTFUL, words, repair)
        elif listening:
            places = sum(worker.concurrency for worker in listening)
            words = f"{len(listening)} workers listen, {places} jobs can run at a time."
            yield Finding(f"workers of {queue}", Verdict.GOOD, words)
        else:
            repair = f"celery -A tasks worker -Q {queue}"
            words = f"No worker listens to {queue}, so its jobs wait."
            yield Finding(f"workers of {queue}", Verdict.WRONG, words, repair)
    hosts = {worker.host for worker in alive}
    folder = "://" not in ledger.settings.storage_url
    if folder and hosts - {socket.gethostname()}:
        yield Finding(
            "shared storage",
            Verdict.DOUBTFUL,
            f"Workers run on {', '.join(sorted(hosts))}, and files are kept in the folder"
            f" {ledger.settings.storage_url}: is it the same one on all of them?",
            "Mount a shared folder there, or set STORAGE_URL to a server that all reach.",
        )


def _commands(ledger: Ledger, app: Celery, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    file = ledger.settings.commands
    taken = {kind.name for kind in kinds.values() if kind.function.__module__ != DECLARED_BY}
    found = catalogue.read(file, app.conf["QUEUES"], taken)
    for problem in found.problems:
        verdict, repair = (
            (Verdict.WRONG, f"Correct {file}, then start the workers and the console again.")
            if problem.fatal
            else (Verdict.DOUBTFUL, "Install it where workers run; here it need not be.")
        )
        yield Finding("commands", verdict, str(problem), repair)
    if not found.problems:
        words = f"{len(found.entries)} entries of {file.name} are right."
        yield Finding("commands", Verdict.GOOD, words)


def _storage(ledger: Ledger) -> Finding:
    try:
        ledger.files.require()
    except StorageError as error:
        repair = "pip install it beside the others, or set STORAGE_URL to another place."
        return Finding("storage", Verdict.WRONG, str(error), repair)
    try:
        ledger.files.probe()
    except LedgerError as error:
        return Finding(
            "storage",
            Verdict.WRONG,
            str(error),
            f"Make room in {ledger.settings.storage_url} and let this user write to it,"
            " or set STORAGE_URL to another place.",
        )
    return Finding("storage", Verdict.GOOD, "Files can be written, read and deleted.")
