"""The console's process: what open streams and long downloads do to it, and it to them."""

import http.cookiejar
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path

import pytest

from ledger.files import key_of
from ledger.outcome import Outcome
from ledger.record import Ending, State
from tests.ledger.conftest import claimed, submit, worker
from tests.running import Postroom, Program
from tests.waiting import until
from webapp.server import shares

ENORMOUS = 5_000_000_000  # bytes
END = b"The end of the film."
OPEN = {"01", "08"}  # established, or closed by the other side alone, as the kernel writes it
NOWHERE = "amqp://guest:guest@127.0.0.1:1//"


@pytest.fixture
def postroom(tmp_path: Path) -> Iterator[Postroom]:
    with Postroom(tmp_path, NOWHERE) as made:
        made.ledger.workers.register(worker("one"))
        yield made


@pytest.fixture
def enormous(postroom: Postroom, tmp_path: Path) -> str:
    """The path of a file of 5 GB: zeros that take no room on the disk, and a word at the end."""
    job = submit(postroom.ledger)
    claim = claimed(postroom.ledger, job)
    (tmp_path / "film.mp4").write_bytes(b"")
    made = postroom.ledger.files.keep_output(claim, tmp_path / "film.mp4", datetime.now(UTC))
    with Path(postroom.ledger.settings.storage_url, key_of(made)).open("r+b") as file:
        file.seek(ENORMOUS - len(END))
        file.write(END)
    done = Outcome(State.SUCCESS, Ending.SUCCEEDED, outputs=[replace(made, size=ENORMOUS)])
    postroom.ledger.attempts.settle(claim, done)
    return f"/jobs/{job}/files/film.mp4"


def signed_in(postroom: Postroom) -> urllib.request.OpenerDirector:
    """Return a browser in which somebody has opened a sign-in link."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    browser.open(postroom.link("ada")).read()
    return browser


def opened(postroom: Postroom, job: str, opener: urllib.request.OpenerDirector) -> HTTPResponse:
    answer: HTTPResponse = opener.open(f"{postroom.address}/jobs/{job}/events")
    assert answer.readline() == b"retry: 1000\n"
    return answer


def test_open_streams_do_not_keep_the_console_from_stopping(postroom: Postroom) -> None:
    console = postroom.console()
    browser = signed_in(postroom)
    job = submit(postroom.ledger)
    claimed(postroom.ledger, job)
    streams = [opened(postroom, job, browser) for _ in range(20)]
    ended = [threading.Thread(target=stream.read) for stream in streams]
    for thread in ended:
        thread.start()
    begun = time.monotonic()
    console.end()
    took = time.monotonic() - begun
    for thread in ended:
        thread.join(5)
    assert not any(thread.is_alive() for thread in ended)
    assert took < 6, f"the console took {took:.1f} s to stop"


def test_forty_open_pages_leave_the_console_quick(postroom: Postroom) -> None:
    postroom.console()
    browser = signed_in(postroom)
    jobs = [submit(postroom.ledger) for _ in range(4)]
    streams = [opened(postroom, job, browser) for job in jobs for _ in range(10)]
    claimed(postroom.ledger, jobs[0])
    for stream in streams[:10]:
        assert any(b"Running" in line for line in stream)
    begun = time.monotonic()
    assert browser.open(f"{postroom.address}/jobs").status == 200
    assert time.monotonic() - begun < 2
    for stream in streams:
        stream.close()


def test_a_stream_says_all_and_ends_when_its_job_has(postroom: Postroom) -> None:
    postroom.console()
    job = submit(postroom.ledger)
    stream = opened(postroom, job, signed_in(postroom))
    assert any(b"event: change" in line for line in stream)
    claim = claimed(postroom.ledger, job)
    postroom.ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED))
    # Read to its end: where the end of the last chunk is missing, this is an IncompleteRead.
    assert stream.read().decode().rstrip().endswith("}")


def test_open_pages_hold_no_threads(postroom: Postroom) -> None:
    postroom.environment["GUNICORN_CMD_ARGS"] = "--threads 3"
    postroom.console()
    browser = signed_in(postroom)
    jobs = [submit(postroom.ledger) for _ in range(4)]
    streams = [opened(postroom, job, browser) for job in jobs for _ in range(5)]
    lists = [browser.open(f"{postroom.address}/jobs/pulse/events") for _ in range(10)]
    assert browser.open(f"{postroom.address}/jobs").status == 200
    for job in jobs:
        claimed(postroom.ledger, job)
    for stream in streams:
        assert any(b"Running" in line for line in stream)
        stream.close()
    newest = postroom.ledger.listing.pulse()
    for one in lists:
        assert any(newest.encode() in line for line in one)
        one.close()


def test_a_page_that_is_gone_is_forgotten_at_once(postroom: Postroom) -> None:
    console = postroom.console()
    (child,) = Path(f"/proc/{console.pid}/task/{console.pid}/children").read_text().split()

    def connections() -> int:
        tcp = Path(f"/proc/{child}/net/tcp").read_text().splitlines()[1:]
        port = f":{int(postroom.address.rpartition(':')[2]):04X}"
        return sum(one.split()[1].endswith(port) and one.split()[3] in OPEN for one in tcp)

    stream = opened(postroom, submit(postroom.ledger), signed_in(postroom))
    assert any(b"event: change" in line for line in stream)
    assert connections() > 0
    stream.close()
    until("the connection is closed", lambda: connections() == 0, within=5)


@pytest.mark.parametrize(
    ("files", "requests", "streams"),
    [(1 << 20, 1024, 5000), (4096, 1024, 1792), (1024, 256, 256), (256, 64, 0)],
)
def test_where_few_files_may_be_open_fewer_are_let_in(
    files: int, requests: int, streams: int
) -> None:
    assert shares(files, 1024) == (requests, streams)
    assert 2 * requests + streams <= files


def memory_of(console: Program) -> int:
    """Return the most bytes that a process of the console has ever held."""
    children = Path(f"/proc/{console.pid}/task/{console.pid}/children").read_text().split()
    texts = [Path(f"/proc/{child}/status").read_text() for child in children]
    return max(int(text.split("VmHWM:")[1].split()[0]) * 1024 for text in texts)


def test_a_film_of_five_gigabytes_is_moved_about_in_at_once_and_held_in_no_memory(
    postroom: Postroom, enormous: str
) -> None:
    console = postroom.console()
    browser = signed_in(postroom)
    before = memory_of(console)

    def asked(part: str) -> HTTPResponse:
        headers = {"Range": f"bytes={part}"}
        request = urllib.request.Request(f"{postroom.address}{enormous}/preview", headers=headers)  # noqa: S310 - http
        answer: HTTPResponse = browser.open(request)
        assert answer.status == 206
        return answer

    begun = time.monotonic()
    assert asked(f"-{len(END)}").read() == END
    assert asked(f"{ENORMOUS - 9}-{ENORMOUS - 5}").read() == END[-9:-4]
    assert asked("4000000000-4000000009").read() == bytes(10)
    assert time.monotonic() - begun < 1
    film = asked("1000-")
    for _ in range(400):
        assert len(film.read(1 << 20)) == 1 << 20
    film.close()
    assert memory_of(console) - before < 30_000_000


def test_fifty_slow_downloads_leave_the_console_quick(postroom: Postroom, enormous: str) -> None:
    postroom.console()
    browser = signed_in(postroom)
    downloads = [browser.open(f"{postroom.address}{enormous}") for _ in range(50)]
    begun = time.monotonic()
    for _ in range(5):
        assert browser.open(f"{postroom.address}/jobs").status == 200
        assert all(len(one.read(1000)) == 1000 for one in downloads)
    assert time.monotonic() - begun < 3
    for one in downloads:
        one.close()


def test_whoever_takes_nothing_for_too_long_holds_no_thread(
    postroom: Postroom, enormous: str
) -> None:
    postroom.environment["GUNICORN_CMD_ARGS"] = "--worker-class tests.web.impatient.Worker"
    console = postroom.console()
    (child,) = Path(f"/proc/{console.pid}/task/{console.pid}/children").read_text().split()

    def holds_the_film() -> bool:
        found = [path.resolve() for path in Path(f"/proc/{child}/fd").iterdir()]
        return any("outputs" in path.parts for path in found)

    stalled = signed_in(postroom).open(f"{postroom.address}{enormous}")
    assert holds_the_film()
    until("the console has given up", lambda: not holds_the_film())
    with pytest.raises(IncompleteRead):
        stalled.read()


def test_a_console_whose_storage_needs_a_library_says_so_in_a_line_and_ends(
    postroom: Postroom,
) -> None:
    postroom.environment["STORAGE_URL"] = "gs://bucket/postroom"
    console = postroom.start("web")
    until("it has ended", lambda: not console.running())
    words = "The console does not start. STORAGE_URL begins with gs://. Please install gcsfs"
    assert words in console.text()
    assert "Traceback" not in console.text()
