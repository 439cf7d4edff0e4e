"""python -m bench.peers: measure the systems in turn, print one table, write JSON and a plot."""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime

from bench.peers import environments, kept, report
from bench.peers.asking import Failed
from bench.peers.environments import NotInstalled
from bench.peers.services import Servers, syncs_per_second
from bench.peers.summary import Row, rows
from bench.peers.systems import SYSTEMS, System
from bench.peers.turn import Figures, Plan, measure
from launch.interrupts import Interrupts

JSON = environments.VAR / "peers.json"
PLOT = environments.VAR / "peers.svg"
INTERRUPTED = 130  # What a shell expects of a program that Ctrl-C ended.


class Run:
    """The rounds of one run, and why some systems are in none."""

    def __init__(self, names: Iterable[str], plan: Plan, fsync: str) -> None:
        self._chosen = {name: SYSTEMS[name] for name in names}
        self._plan = plan
        self._fsync = fsync
        self._given_up: set[str] = set()
        self.rounds: list[dict[str, Figures]] = []
        self.left_out: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        self.machine = ""

    def measure(self, rounds: int) -> None:
        """Give every system its turn, as often as there are rounds."""
        for name, system in self._chosen.items():
            self._install(name, system)
        self.machine = (
            f"{os.cpu_count()} processors, Python {platform.python_version()}, "
            f"{syncs_per_second():,.0f} small syncs to disk per second, "
            f"load {os.getloadavg()[0]:.1f} before the first turn"
        )
        needed = {server for system in self._measured().values() for server in system.needs}
        with Servers(needed, self._fsync) as servers:
            self.versions |= servers.versions
            for name, system in self._measured().items():
                if absent := system.needs & set(servers.missing):
                    self.left_out[name] = servers.missing[min(absent)]
            for number in range(1, rounds + 1):
                self.rounds.append({})
                for name, system in self._measured().items():
                    _say(f"round {number} of {rounds}: {system.title}")
                    self._turn(name, system, servers)

    def _measured(self) -> dict[str, System]:
        return {name: system for name, system in self._chosen.items() if name not in self.left_out}

    def _install(self, name: str, system: System) -> None:
        try:
            environments.programs(system.environment)
            self.versions[system.title] = environments.version(system.environment)
        except NotInstalled as error:
            self.left_out[name] = str(error)

    def _turn(self, name: str, system: System, servers: Servers) -> None:
        # Where a job was not run again in a round, waiting for it in the next tells nothing new.
        plan = replace(self._plan, kills=0) if name in self._given_up else self._plan
        try:
            figures = measure(system, servers, plan)
        except Failed as error:
            _say(f"  left out: {error}")
            self.left_out[name] = str(error)
            return
        if None in figures.again:
            self._given_up.add(name)
        self.rounds[-1][name] = figures


def main() -> None:
    """Read the options, measure, and report."""
    options = _options()
    plan = Plan(options.jobs, options.singles, options.kills, options.patience, options.drain)
    run = Run(options.only, plan, options.redis_fsync)
    with Interrupts() as interrupts:
        try:
            run.measure(options.rounds)
        except KeyboardInterrupt:
            _say("interrupted; everything that was started has ended")
            run.rounds[1:] = run.rounds[1:-1]  # Of a round that broke off, only a first one counts.
    if found := rows(run.rounds):
        _report(run, found, options)
    if interrupts.count:
        raise SystemExit(INTERRUPTED)
    if options.keep:
        kept.write(found)


def _report(run: Run, found: dict[str, Row], options: argparse.Namespace) -> None:
    print(f"{run.machine}; medians of {len(run.rounds)} rounds\n")
    print(report.table(found, run.left_out, options.patience))
    if moved := report.changes(found, kept.read()):
        print(f"\n{moved}")
    _write(run, found, vars(options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    names = ",".join(SYSTEMS)
    parser.add_argument("--only", type=_names, default=list(SYSTEMS), help=f"of {names}")
    parser.add_argument("--jobs", type=int, default=4_000, help="accepted and drained in a turn")
    parser.add_argument("--rounds", type=int, default=3, help="in which each has its turn")
    parser.add_argument("--singles", type=int, default=60, help="submitted to idle workers")
    parser.add_argument("--kills", type=int, default=2, help="of a process that runs a job")
    parser.add_argument(
        "--patience", type=float, default=15, help="seconds that a killed job has to run again"
    )
    parser.add_argument(
        "--drain", type=float, default=4, help="seconds after which a drain has shown its rate"
    )
    parser.add_argument(
        "--redis-fsync", choices=["always", "everysec"], default="always", help="Redis' appendfsync"
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the ratios in the repository for later runs"
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in SYSTEMS]:
        raise argparse.ArgumentTypeError(f"no such system: {', '.join(unknown)}")
    return [name for name in SYSTEMS if name in names]


def _write(run: Run, found: dict[str, Row], options: dict[str, object]) -> None:
    """Write all that was measured, and draw it."""
    whole = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": run.machine,
        "versions": run.versions,
        "options": options,
        "rows": {
            name: {"name": name, "title": SYSTEMS[name].title, **asdict(row)}
            for name, row in found.items()
        },
        "rounds": [{name: asdict(one) for name, one in each.items()} for each in run.rounds],
        "left_out": run.left_out,
    }
    JSON.parent.mkdir(parents=True, exist_ok=True)
    JSON.write_text(json.dumps(whole, indent=1), encoding="utf-8")
    print(f"\n{JSON}", file=sys.stderr)
    try:
        python = environments.programs("plot") / "python"
    except NotInstalled as error:
        print(f"no plot: {error}", file=sys.stderr)
        return
    drawn = subprocess.run([python, "-m", "bench.peers.plot", JSON, PLOT], check=False)
    print(PLOT if drawn.returncode == 0 else "no plot: see above", file=sys.stderr)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
