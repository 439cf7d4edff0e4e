"""Jobs that are in no queue any more are sent again, and those that a worker holds are not."""

from collections.abc import Sequence

import pytest

from ledger import Ledger
from tasks.kind import kinds
from tasks.missing import STAYS, Missing
from tasks.publisher import Message, Sent
from tests.ledger.conftest import OwnTime, claimed, submit


class Broker:
    """A RabbitMQ of which only one queue's length matters."""

    def __init__(self) -> None:
        self.holds = 0
        self.sent: list[str] = []

    def waiting(self, _queue: str) -> int:
        return self.holds

    def send_all(self, messages: Sequence[Message]) -> Sent:
        self.sent += [message.job.id for message in messages]
        return Sent([message.job for message in messages], None)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def missing(ledger: Ledger, broker: Broker, time: OwnTime) -> Missing:
    return Missing(ledger, broker, kinds(), lambda: time().timestamp())  # type: ignore[arg-type]  # what it asks of a broker


def sent_long_ago(ledger: Ledger, time: OwnTime, kind: str = "hello") -> str:
    job = submit(ledger, kind)
    ledger.outbox.mark_sent(job, 0)
    time.passes(60)
    return job


def test_what_is_gone_is_sent_again_once_the_queue_has_stayed_empty(
    ledger: Ledger, missing: Missing, broker: Broker, time: OwnTime
) -> None:
    job = sent_long_ago(ledger, time)
    missing.look()
    assert broker.sent == []

    time.passes(STAYS)
    missing.look()
    assert broker.sent == [job]
    time.passes(STAYS)
    missing.look()
    assert broker.sent == [job]


def test_what_a_worker_has_fetched_and_claims_in_a_moment_is_not_sent_again(
    ledger: Ledger, missing: Missing, broker: Broker, time: OwnTime
) -> None:
    claimed(ledger, sent_long_ago(ledger, time))
    late = sent_long_ago(ledger, time)
    missing.look()
    broker.holds = 1
    time.passes(STAYS)
    missing.look()
    broker.holds = 0
    time.passes(1)
    missing.look()
    claimed(ledger, late)
    time.passes(STAYS)
    missing.look()
    assert broker.sent == []


def test_a_job_whose_kind_is_gone_waits_for_a_worker_that_knows_it_and_nothing_is_said(
    ledger: Ledger,
    missing: Missing,
    broker: Broker,
    time: OwnTime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent_long_ago(ledger, time, "gone")
    missing.look()
    time.passes(STAYS)
    missing.look()
    assert broker.sent == []
    assert not caplog.records
