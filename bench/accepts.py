"""How fast jobs are accepted: over HTTP, from Python, and as a batch; beside plain Celery.

python -m bench.accepts [flood] [steady] [idle] [batch] [sqlite] [postgresql]
Starts a console and a worker by the lines of the Procfile, the same of plain Celery behind plain
Flask, and RabbitMQ and PostgreSQL, all of its own; everything is gone afterwards. The two systems
take turns. Quote the ratios; the rest is of the machine, of its disk and of who else uses it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.batches import batch
from launch import ports, procfile
from ledger import Ledger, Settings
from tests.running import CHECKOUT
from tests.services import PostgreSQL, RabbitMQ
from tests.waiting import until

SECONDS, ROUNDS = 3, 3
IDLE = 40  # jobs in each round
DATABASES = ["sqlite", "postgresql"]
PARTS = ["flood", "steady", "idle", "batch"]


@dataclass
class System:
    """One of the two: its console's port and process, what its programs are told, its request."""

    name: str
    port: int
    web: int
    environment: dict[str, str]
    request: str
    trace: Path


def main(asked: list[str]) -> None:
    """Measure what is asked on each database that is asked for, or all, and print the tables."""
    databases = [one for one in DATABASES if one in asked] or DATABASES
    parts = [one for one in PARTS if one in asked] or PARTS
    with ExitStack() as stack:
        broker = stack.enter_context(RabbitMQ())
        for database in databases:
            with ExitStack() as inner:
                measure(database, parts, broker, inner)


def measure(database: str, parts: Sequence[str], broker: RabbitMQ, stack: ExitStack) -> None:
    """Print the tables of one database."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-bench-")))
    server = stack.enter_context(PostgreSQL()) if database == "postgresql" else None
    url = server.database() if server else ""
    systems = [ours(folder, broker, url, stack), plain(folder, broker, stack)]
    over_http(database, parts, systems)
    if {"idle", "batch"} & set(parts):
        for system in systems:
            stack.enter_context(worker(system, folder))
    if "idle" in parts:
        print(f"{database}: from submit to first line of code, {ROUNDS} rounds of {IDLE}, p50, p99")
        idle(systems)
    if "batch" in parts:
        batch(database, Path(systems[0].environment["POSTROOM_VAR"]), url, systems[0])


def over_http(database: str, parts: Sequence[str], systems: list[System]) -> None:
    """Print how fast jobs are accepted while no worker runs."""
    if not {"flood", "steady"} & set(parts):
        return
    print(f"\n{database}: accepted over HTTP, {ROUNDS} rounds of {SECONDS} s in turns, no worker")
    print(f"{'':12}{'connections':>12}{'jobs/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'web CPU ms':>12}")
    if "flood" in parts:
        for connections in (1, 8, 32):
            flood(systems, connections)
    if "steady" in parts:
        for system, runs in in_turns(systems, ROUNDS, connections=32, seconds=SECONDS, rate=200):
            tell(system, "200/s", runs)


def flood(systems: list[System], connections: int) -> None:
    """Print what each takes of a client that always has so many requests under way."""
    rates = {}
    for system, runs in in_turns(systems, ROUNDS, connections=connections, seconds=SECONDS):
        rates[system.name] = tell(system, str(connections), runs)
    print(f"{'ratio':12}{'':12}{rates['postroom'] / rates['plain']:8.2f}")


def in_turns(
    systems: list[System], rounds: int, **asked: float
) -> Iterator[tuple[System, list[dict[str, Any]]]]:
    """Yield what each system did, after all of them have had their rounds."""
    runs: dict[str, list[dict[str, Any]]] = {system.name: [] for system in systems}
    for _ in range(rounds):
        for system in systems:
            told = json.dumps({"port": system.port, "request": system.request, **asked})
            began = cpu(system.web)
            run = json.loads(program("bench.client", told))
            run["web"] = 1000 * (cpu(system.web) - began) / run["all"]
            runs[system.name].append(run)
    for system in systems:
        yield system, runs[system.name]


def tell(system: System, what: str, runs: list[dict[str, Any]]) -> float:
    """Print a line of the table, and return the median rate."""
    rate = statistics.median(len(run["took"]) / run["lasted"] for run in runs)
    p50, p99 = percentiles([1000 * took for run in runs for took in run["took"]])
    web = statistics.median(run["web"] for run in runs)
    print(f"{system.name:12}{what:>12}{rate:8.0f}{p50:8.1f}{p99:8.1f}{web:12.2f}", flush=True)
    return rate


def idle(systems: list[System]) -> None:
    """Print how long it takes over HTTP and from Python, in turns."""
    took: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for system in systems:
            direct = {"postroom": "ours", "plain": "plain"}[system.name]
            for way, how in (("HTTP", str(system.port)), ("Python", direct)):
                words = (how, str(system.trace), str(IDLE), system.request)
                found = json.loads(program("bench.idle", *words, environment=system.environment))
                took.setdefault((way, system.name), []).extend(found)
    for way in ("HTTP", "Python"):
        medians = {}
        for system in systems:
            p50, p99 = percentiles(took[way, system.name])
            medians[system.name] = p50
            print(f"{system.name:12}{way:>12}{'':8}{p50:8.1f}{p99:8.1f}")
        print(
            f"{'more':12}{way:>12}{'':8}{medians['postroom'] - medians['plain']:8.1f}", flush=True
        )


def percentiles(took: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile."""
    ordered = sorted(took)
    return statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))]


def program(module: str, *words: str, environment: dict[str, str] | None = None) -> str:
    """Run a part of the benchmark, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{module} failed: {done.stderr[-3000:]}")
    return done.stdout


def ours(folder: Path, broker: RabbitMQ, url: str, stack: ExitStack) -> System:
    """Start our console, by the Procfile's line but with one more kind."""
    var = folder / "var"
    environment = {
        "POSTROOM_VAR": str(var),
        "DATABASE_URL": url,
        "STORAGE_URL": "",
        "CELERY_BROKER_URL": broker.url_of(broker.add_vhost()),
    }
    ledger = Ledger(Settings(postroom_var=var, database_url=url, storage_url=""))
    ledger.upgrade()
    token = ledger.users.new_token(ledger.users.add("bench"), "bench")
    ledger.close()
    line = procfile.read(CHECKOUT / "Procfile")["web"]
    line = line.replace("webapp:create_app()", "bench.stamped:console()")
    return system("postroom", line, environment, folder, stack, f"Bearer {token}")


def plain(folder: Path, broker: RabbitMQ, stack: ExitStack) -> System:
    """Start plain Flask by a line like it."""
    environment = {
        "CELERY_BROKER_URL": broker.url_of(broker.add_vhost()),
        "PLAIN_CONFIRMS": "1",
    }
    (folder / "empty.py").touch()
    line = (
        f"gunicorn --config {folder / 'empty.py'} --bind 127.0.0.1:$PORT --worker-class gthread"
        " --threads 512 --worker-connections 1024 bench.plain:web"
    )
    program("bench.declare", environment=environment)
    return system("plain", line, environment, folder, stack, "")


def system(  # noqa: PLR0913, PLR0917 - what differs between the two
    name: str,
    line: str,
    environment: dict[str, str],
    folder: Path,
    stack: ExitStack,
    authorization: str,
) -> System:
    """Start a console and wait until it answers."""
    [port] = ports.free()
    trace = folder / f"{name}.trace"
    master = stack.enter_context(
        started(f"web-{name}", line, environment | {"PORT": str(port)}, folder)
    )
    body = json.dumps({"kind": "stamp", "inputs": {"trace": str(trace), "number": 0}})
    request = (
        "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: {authorization}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    children = Path(f"/proc/{master}/task/{master}/children")
    web = int(until("the console serves", lambda: children.read_text().split() or None, 30)[0])
    time.sleep(3)  # Imports; a first request that waits for them would be the slowest.
    return System(name, port, web, environment, request, trace)


@contextmanager
def worker(of: System, folder: Path) -> Iterator[None]:
    """Run a worker of two processes by the Procfile's line."""
    module = {"postroom": "bench.stamped", "plain": "bench.plain"}[of.name]
    line = procfile.read(CHECKOUT / "Procfile")["worker"].replace("-A tasks", f"-A {module}")
    environment = {
        name: value for name, value in of.environment.items() if name != "PLAIN_CONFIRMS"
    }
    with started(f"worker-{of.name}", line, environment, folder):
        log = folder / f"worker-{of.name}.log"
        until("a worker takes jobs", lambda: "ready." in log.read_text(errors="replace"), 60)
        # What the measurements before it left in the queue is none of the next ones' business.
        until("the queue is drained", lambda: drained(of), 300)
        yield


def drained(of: System) -> bool:
    """Return whether nothing has been stamped for a second."""
    return not of.trace.exists() or time.time() - of.trace.stat().st_mtime > 1


@contextmanager
def started(name: str, line: str, environment: dict[str, str], folder: Path) -> Iterator[int]:
    """Run a program from its line, give its process's id, and end it."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {line}"],
            cwd=CHECKOUT,
            env=os.environ | environment | {"PATH": path, "PYTHONPATH": str(CHECKOUT)},
            stdout=log,
            stderr=log,
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def cpu(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(sys.argv[1:])
