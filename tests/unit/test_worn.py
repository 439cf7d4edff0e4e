"""Which processes a new one had better replace: real ones, looked at by a clock of our own."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tasks.worn import REST, Worn, own, share, threads, worked
from tests.waiting import until

KEEPS = "kept = b'x' * int(input()); print(1, flush=True); {then}"
RESTS, WORKS = "input()", "\nwhile True: pass"


class OwnClock:
    """Seconds, which pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> OwnClock:
    return OwnClock()


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Iterator[int]:
    """A process that keeps so many bytes and does something then."""
    size, then = request.param
    code = KEEPS.format(then=then)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write(f"{size}\n")
        child.stdin.flush()
        child.stdout.readline()
        yield child.pid
        child.kill()


@pytest.mark.parametrize("process", [(100_000_000, RESTS)], indirect=True)
def test_one_that_rests_and_keeps_much_shall_make_way(process: int, clock: OwnClock) -> None:
    worn = Worn(clock)
    assert list(worn.among([process])) == []
    clock.now += REST
    assert list(worn.among([process])) == []
    clock.now += 1
    assert list(worn.among([process])) == [(process, f"rests and keeps {kept(process)} of memory")]


@pytest.mark.parametrize("process", [(100_000_000, WORKS)], indirect=True)
def test_one_that_works_stays_whatever_it_keeps(process: int, clock: OwnClock) -> None:
    worn, before = Worn(clock), worked(process)
    assert list(worn.among([process])) == []
    until("it has worked meanwhile", lambda: worked(process) > before + 0.1)
    clock.now += REST + 1
    assert list(worn.among([process])) == []


@pytest.mark.parametrize("process", [(1, RESTS)], indirect=True)
def test_one_that_rests_and_keeps_little_stays(process: int, clock: OwnClock) -> None:
    worn = Worn(clock)
    assert list(worn.among([process])) == []
    clock.now += REST + 1
    assert list(worn.among([process])) == []


def kept(pid: int) -> str:
    return f"{own(pid) / 2**20:.0f} MiB"


def test_of_one_that_is_gone_nothing_is_told() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert (threads(gone.pid), worked(gone.pid), own(gone.pid), share(gone.pid)) == (0, 0, 0, 0)


def test_a_share_is_no_less_than_what_is_shared_with_nobody() -> None:
    assert 0 < own(os.getpid()) <= share(os.getpid())
