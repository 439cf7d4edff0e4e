"""What a soak does to a Postroom: each fault is real, and its own end is part of it."""

import os
import random
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.proxy import Proxy
from tests.running import Postroom
from tests.services import PostgreSQL, RabbitMQ

Fault = Callable[[], None]


class Chaos(threading.Thread):
    """Hurts a Postroom, one fault after another, in an order that a seed decides.

    Args:
        place: whose processes are killed and frozen.
        broker: is killed, wiped, and started again.
        proxy: stands before the broker; it is cut and silenced.
        postgresql: is stopped for a while, where the ledger is on it; else SQLite is locked.
        seed: decides what happens when.
    """

    def __init__(
        self,
        place: Postroom,
        broker: RabbitMQ,
        proxy: Proxy,
        postgresql: PostgreSQL | None,
        seed: int,
    ) -> None:
        super().__init__(name="chaos")
        self.done: Counter[str] = Counter()
        self._place = place
        self._broker = broker
        self._proxy = proxy
        self._postgresql = postgresql
        self._random = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._end = threading.Event()
        self._faults: dict[str, tuple[int, Fault]] = {
            "child killed": (6, self._kill_child),
            "worker killed": (4, lambda: self._signal("worker", signal.SIGKILL)),
            "worker stopped warmly": (2, lambda: self._signal("worker", signal.SIGTERM)),
            "worker frozen": (2, self._freeze_worker),
            "console killed": (2, lambda: self._signal("web", signal.SIGKILL)),
            "connections cut": (4, proxy.reset),
            "broker silent": (2, self._silence),
            "broker killed": (2, self._kill_broker),
            "broker wiped": (1, lambda: self._kill_broker(wipe=True)),
            "queue purged": (2, self._purge),
            "ledger away": (2, self._stop_ledger),
        }

    def stop(self) -> None:
        """End after the fault that goes on now."""
        self._end.set()
        self.join()

    def run(self) -> None:
        """Cause one fault after another, a few seconds apart."""
        names = list(self._faults)
        weights = [weight for weight, _fault in self._faults.values()]
        while not self._end.wait(self._random.uniform(1, 6)):
            (name,) = self._random.choices(names, weights)
            print(f"  {name}", flush=True)
            self._faults[name][1]()
            self.done[name] += 1

    def _one(self, name: str) -> int | None:
        running = [one.pid for one in self._place.programs if one.name == name and one.running()]
        return self._random.choice(running) if running else None

    def _signal(self, name: str, number: signal.Signals) -> None:
        if (pid := self._one(name)) is not None:
            os.kill(pid, number)

    def _kill_child(self) -> None:
        worker = self._one("worker")
        if worker is None:
            return
        tasks = Path(f"/proc/{worker}/task/{worker}/children")
        if children := tasks.read_text(encoding="ascii").split():
            os.kill(int(self._random.choice(children)), signal.SIGKILL)

    def _freeze_worker(self) -> None:
        worker = self._one("worker")
        if worker is None:
            return
        children = Path(f"/proc/{worker}/task/{worker}/children").read_text(encoding="ascii")
        frozen = [worker, *map(int, children.split())]
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        self._end.wait(self._random.uniform(5, 40))
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)

    def _silence(self) -> None:
        self._proxy.silence()
        self._end.wait(self._random.uniform(3, 25))
        self._proxy.speak()

    def _kill_broker(self, *, wipe: bool = False) -> None:
        self._broker.kill()
        if wipe:
            self._broker.wipe()
        self._end.wait(self._random.uniform(0, 5))
        self._broker.start()

    def _purge(self) -> None:
        self._broker.rabbitmqctl("purge_queue", "default")

    def _stop_ledger(self) -> None:
        away = self._random.uniform(3, 20)
        if self._postgresql is not None:
            self._postgresql.kill()
            self._end.wait(away)
            self._postgresql.start()
            return
        path = self._place.ledger.settings.postroom_var / "ledger.sqlite3"
        lock = sqlite3.connect(path, timeout=30, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        self._end.wait(away)
        lock.execute("ROLLBACK")
        lock.close()
