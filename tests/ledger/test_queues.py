from ledger import Ledger
from ledger.queues import Pause
from tests.ledger.conftest import OwnTime


def test_a_pause_says_since_when_by_whom_and_why_until_it_is_resumed(
    ledger: Ledger, time: OwnTime
) -> None:
    assert ledger.queues.pause("video", "ada", "the disk is full")

    assert ledger.queues.paused() == {"video": Pause("video", time.now, "ada", "the disk is full")}
    assert ledger.queues.resume("video")
    assert ledger.queues.paused() == {}
    assert not ledger.queues.resume("video")


def test_the_first_pause_of_a_queue_stands(ledger: Ledger, time: OwnTime) -> None:
    ledger.queues.pause("video", "ada", "the disk is full")
    since = time.now
    time.passes(60)

    assert not ledger.queues.pause("video", "bob", "me too")

    assert ledger.queues.paused() == {"video": Pause("video", since, "ada", "the disk is full")}
