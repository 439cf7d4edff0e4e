"""The clock files what came and what has settled, and keeps secrets out of what is searched."""

from pydantic import SecretStr

from ledger import Ledger
from ledger.filters import Filter
from ledger.jobs import Submission
from tasks.filing import MANY, OPEN_WAIT, Filing
from tasks.kind import kinds
from tests.ledger.conftest import submit
from tests.web.everything import a_kind


def found(ledger: Ledger, *words: str) -> list[str]:
    return [job.id for job in ledger.listing.page(Filter(words=words), 999).jobs]


def test_jobs_are_found_by_their_words_once_the_clock_has_ticked(ledger: Ledger) -> None:
    filing = Filing(ledger, kinds())
    waiting, ended = submit(ledger), submit(ledger)
    assert found(ledger, "ada") == []

    filing.do()
    assert found(ledger, "ada") == [ended, waiting]

    ledger.jobs.request_cancel(ended)
    late = submit(ledger)
    filing.do()
    assert found(ledger, "Say hello", "name Ada") == [late, ended, waiting]


def test_open_jobs_wait_for_a_card_while_many_settle_but_not_for_long(ledger: Ledger) -> None:
    at = [100.0]

    def clock() -> float:
        at[0] += 1  # So a tick has time for one batch.
        return at[0]

    ledger.cards.at_once = MANY
    filing = Filing(ledger, kinds(), clock)
    filing.do()
    waiting = submit(ledger)
    for _ in range(2 * MANY):
        ledger.jobs.request_cancel(submit(ledger))

    filing.do()
    assert len(found(ledger, "ada")) == MANY
    assert waiting not in found(ledger, "ada")
    at[0] += OPEN_WAIT
    filing.do()
    assert waiting in found(ledger, "ada")


def locked(*, name: str, password: SecretStr) -> None:
    """Has a secret."""


def test_no_secret_is_found_by_anybody(ledger: Ledger) -> None:
    kind = a_kind(locked)
    inputs = {"name": "Ada", "password": "hunter2"}
    for name in ("locked", "gone"):
        ledger.jobs.submit(Submission(kind=name, queue="default", inputs=inputs, owner="grace"))

    Filing(ledger, {"locked": kind}).do()

    assert found(ledger, "hunter2") == found(ledger, "hunt*") == []
    assert len(found(ledger, "ada")) == 1
    assert len(found(ledger, "grace")) == 2
