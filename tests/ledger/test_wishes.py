import pytest

from ledger import Ledger
from ledger.errors import NoSuchWorker
from ledger.record import Vitals, Wishes
from tests.ledger.conftest import OwnTime


def test_a_workers_clock_reads_what_is_asked_of_it_and_which_queues_are_paused(
    ledger: Ledger, time: OwnTime
) -> None:
    assert ledger.wishes.of("one") == Wishes()
    ledger.queues.pause("video", "ada", "")

    ledger.wishes.drain("one", "ada")
    ledger.wishes.want("one", 3)
    ledger.wishes.renew("one")
    ledger.wishes.stop("one")

    asked = Wishes(True, 3, time.now, stop=True, paused=frozenset({"video"}))
    assert ledger.wishes.of("one") == asked
    assert ledger.wishes.of("two") == Wishes(paused=frozenset({"video"}))


def test_the_first_one_who_drains_a_worker_is_named_until_it_is_resumed(
    ledger: Ledger, time: OwnTime
) -> None:
    since = time.now
    ledger.wishes.drain("one", "ada")
    time.passes(1)

    again = ledger.wishes.drain("one", "bob")

    assert (again.draining_at, again.draining_by) == (since, "ada")
    assert ledger.wishes.resume("one").draining_at is None
    assert not ledger.wishes.of("one").draining


def test_a_worker_that_stops_or_has_fallen_silent_can_be_asked_for_nothing(
    ledger: Ledger, time: OwnTime
) -> None:
    ledger.workers.stopping("one")
    with pytest.raises(NoSuchWorker):
        ledger.wishes.drain("one", "ada")
    time.passes(ledger.settings.heart_timeout)
    with pytest.raises(NoSuchWorker):
        ledger.wishes.want("two", 2)
    with pytest.raises(NoSuchWorker, match="There is no worker three"):
        ledger.wishes.renew("three")


def test_a_beat_tells_how_the_worker_is_and_another_leaves_that_as_it_was(
    ledger: Ledger, time: OwnTime
) -> None:
    told = Vitals(("default",), processes=3, outdated=1, load=0.5, cores=2, memory=1_000_000)
    ledger.workers.beat("one", told)
    time.passes(1)
    ledger.workers.beat("one")

    one, two = ledger.workers.alive(9)

    assert (one.vitals, one.concurrency, one.beat_at) == (told, 3, time.now)
    assert (two.vitals, two.concurrency) == (None, 2)


def test_the_silent_are_listed_the_last_one_first(ledger: Ledger, time: OwnTime) -> None:
    time.passes(5)
    ledger.workers.beat("one")
    time.passes(10)

    assert [worker.id for worker in ledger.workers.silent(10, limit=9)] == ["one", "two"]
    assert [worker.id for worker in ledger.workers.silent(11, limit=9)] == ["two"]
    assert [worker.id for worker in ledger.workers.silent(10, limit=1)] == ["one"]
