"""The console's process: what open streams do to it, and it to them."""

import http.cookiejar
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.ledger.conftest import claimed, submit, worker
from tests.running import Postroom

NOWHERE = "amqp://guest:guest@127.0.0.1:1//"


@pytest.fixture
def postroom(tmp_path: Path) -> Iterator[Postroom]:
    with Postroom(tmp_path, NOWHERE) as made:
        made.ledger.workers.register(worker("one"))
        yield made


def opened(postroom: Postroom, job: str, opener: urllib.request.OpenerDirector) -> HTTPResponse:
    answer: HTTPResponse = opener.open(f"{postroom.address}/jobs/{job}/events")
    assert answer.readline() == b"retry: 1000\n"
    return answer


def test_open_streams_do_not_keep_the_console_from_stopping(postroom: Postroom) -> None:
    console = postroom.console()
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    browser.open(postroom.link("ada")).read()
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
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    browser.open(postroom.link("ada")).read()
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
