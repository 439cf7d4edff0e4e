"""What the programs hold in memory: python -m bench.memory [jobs] [--rest] [--database sqlite].

It starts the broker, the console and one worker of two processes as the Procfile does, looks at
them after their start, has one job of each kind run, looks again, and then at every tenth part of
so many hello jobs (20,000 unless told otherwise), which must not make anything grow.
"""

import argparse
import io
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, build_opener

from PIL import Image

from bench import processes
from ledger import Settings
from tasks.app import Postroom as App
from tasks.kind import kinds
from tasks.publisher import Publisher
from tasks.queue import submit
from tasks.worn import REST
from tests.media_clips import sound
from tests.running import Postroom
from tests.services import PostgreSQL, RabbitMQ
from tests.waiting import until

QUIET = 12  # seconds
AHEAD = 500  # hello jobs that wait at a time
PAGES = ("/", "/jobs", "/workers", "/new/hello", "/new/images", "/doctor", "/jobs?q=state:failed")


class Place:
    """A running Postroom whose processes are looked at."""

    def __init__(self, postroom: Postroom, app: App) -> None:
        self._postroom = postroom
        self._publisher = Publisher(app)
        self._ledger = postroom.ledger
        (self.web,) = processes.children(postroom.console().pid)
        self.worker = postroom.worker().pid

    def print(self, when: str) -> None:
        """Print a line for each process."""
        seen = {"web": self.web, "worker main": self.worker}
        # A guard for the programs of kinds is among them; it is no process that runs jobs.
        for number, child in enumerate(processes.children(self.worker), 1):
            seen[f"child {number}"] = child
        for name, pid in seen.items():
            found = processes.memory(pid)
            print(
                f"{when:24} {name:12} {found.rss:7.1f} {found.pss:7.1f} {found.uss:7.1f}",
                flush=True,
            )

    def look_around(self) -> None:
        """Open pages of each sort, as a signed-in person."""
        browser = build_opener(HTTPCookieProcessor())
        browser.open(self._postroom.link("ada")).read()
        for page in PAGES * 5:
            browser.open(f"{self._postroom.address}{page}").read()

    def run(self, kind_name: str, **values: Any) -> None:
        """Have one job run in each of the two processes, and wait until they have ended well."""
        kind = kinds()[kind_name]
        for job in [self.submit(kind_name, **values) for _ in range(2)]:
            ended = self._postroom.settled(job, within=120)
            assert ended.error is None, f"{kind.name}: {ended.error}"

    def submit(self, kind_name: str, **values: Any) -> str:
        """Submit a job and return its id."""
        kind = kinds()[kind_name]
        inputs = kind.parse(values)
        return submit(self._ledger, self._publisher, kind, inputs, owner="ada").job

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Upload a file and return it as inputs name it."""
        writer = self._ledger.files.receive(name, 10**9)
        writer.write(content)
        file = self._ledger.files.accept(writer, "ada")
        return {"id": file.id, "name": file.name, "size": file.size, "sha256": file.sha256}

    def hellos(self, number: int) -> Iterator[int]:
        """Have so many hello jobs run; yield how many have been, at each tenth part."""
        waiting: deque[str] = deque()
        for done in range(1, number + 1):
            waiting.append(self.submit("hello", name="Ada", seconds=0))
            if len(waiting) >= AHEAD:
                self._postroom.settled(waiting.popleft(), within=120)
            if done % (number // 10) == 0:
                self._postroom.settled(waiting[-1], within=120)
                yield done


def one_of_each(place: Place) -> None:
    """Run each kind, and look after each."""
    place.run("hello", name="Ada", seconds=0)
    place.print("hello")
    table = "".join(f"{n},{n * n},word {n % 7}\n" for n in range(50_000))
    place.run("tables", file=place.upload("table.csv", f"n,square,word\n{table}".encode()))
    place.print("tables (150,000 cells)")
    picture = io.BytesIO()
    Image.effect_noise((3000, 2000), 80).convert("RGB").save(picture, "jpeg")
    place.run("images", pictures=[place.upload("picture.jpg", picture.getvalue())])
    place.print("images (6 megapixels)")
    with tempfile.TemporaryDirectory() as folder:
        clip = sound(Path(folder) / "clip.wav", 5).read_bytes()
    place.run("media", file=place.upload("clip.wav", clip), to="mp3")
    place.print("media (5 s of sound)")
    place.run("archive", files=[place.upload("a.txt", b"a")])
    place.print("archive (a command)")
    time.sleep(QUIET)  # Allocators give back what they don't need after some seconds.
    place.print(f"{QUIET} s of quiet")


@contextmanager
def begun(database: str) -> Iterator[Place]:
    """Give a Postroom with broker, console and worker, that is gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-bench-")))
        broker = stack.enter_context(RabbitMQ())
        server = stack.enter_context(PostgreSQL()) if database == "postgresql" else None
        url = server.database() if server else ""
        postroom = stack.enter_context(Postroom(folder, broker.url, url))
        app = App("bench", config_source="celeryconfig", set_as_current=False)
        app.conf.broker_url = broker.url
        app.settings = Settings(postroom_var=folder / "var", database_url=url, storage_url="")
        yield Place(postroom, app)


def main() -> None:
    """Print a table: MiB that are mapped, shared fairly, and shared with nobody."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=int, nargs="?", default=20_000)
    parser.add_argument(
        "--rest", action="store_true", help="look again once what rests is replaced"
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args()
    # Told to end, it ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with begun(asked.database) as place:
        print(f"{'after':24} {'process':12} {'rss':>7} {'pss':>7} {'uss':>7}   MiB")
        until("the worker has its processes", lambda: len(processes.children(place.worker)) >= 2)
        time.sleep(3)  # What a start does late, such as the first learning of the clock.
        place.print("start")
        place.look_around()
        place.print("pages")
        one_of_each(place)
        for done in place.hellos(asked.jobs) if asked.jobs else ():
            place.print(f"{done:,} hello jobs")
        if asked.rest:
            time.sleep(REST + QUIET)
            place.print(f"{REST + QUIET:.0f} s at rest")


if __name__ == "__main__":
    main()
