"""A process that is forked while another thread writes would never write itself."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from billiard.pool import EX_RECYCLE

from ledger import Ledger, Settings
from ledger.errors import LedgerUnavailable
from tasks.forks import not_across_a_fork

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

WRITES, IS_LOCKED_OUT = 7, 8


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(Settings(postroom_var=tmp_path, database_url="", storage_url=""))
    made.upgrade()
    yield made
    made.close()


@contextmanager
def another_thread_writing(ledger: Ledger) -> Iterator[None]:
    """Have a thread in the midst of a transaction."""
    begun, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with not_across_a_fork(), ledger.database.write():
            begun.set()
            go_on.wait(20)

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(5)
    yield
    go_on.set()
    thread.join()


def child_of(ledger: Ledger) -> int:
    """Fork, have the child write to a ledger of its own, and return its exit status."""
    pid = os.fork()
    if pid == 0:
        write_and_end(ledger)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def write_and_end(ledger: Ledger) -> None:
    try:
        Ledger(ledger.settings).users.add("ada")
    except LedgerUnavailable:
        os._exit(IS_LOCKED_OUT)
    os._exit(WRITES)


def test_a_child_that_is_born_while_another_thread_writes_ends_at_once(ledger: Ledger) -> None:
    with another_thread_writing(ledger):
        assert child_of(ledger) == EX_RECYCLE
    assert child_of(ledger) == WRITES
