"""What Ctrl-C does, and what the next ones do."""

import os
import signal
from collections.abc import Iterator

import pytest

from launch.interrupts import Interrupts


@pytest.fixture(autouse=True)
def _not_under_nohup() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_begins_the_end_and_the_others_are_counted(signum: signal.Signals) -> None:
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signum)
        os.kill(os.getpid(), signum)
        os.kill(os.getpid(), signum)

        assert interrupts.count == 3


def test_an_end_that_began_by_itself_is_not_torn_apart() -> None:
    with Interrupts() as interrupts:
        interrupts.begin_end()
        os.kill(os.getpid(), signal.SIGINT)

        assert interrupts.count == 2


def test_what_nohup_wants_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Interrupts() as interrupts:
        os.kill(os.getpid(), signal.SIGHUP)
        assert interrupts.count == 0
