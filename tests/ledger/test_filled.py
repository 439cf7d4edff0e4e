"""What measurements fill a ledger with is what the clock would have made of the same jobs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from bench.believable import Believable, One
from bench.console import signed_in
from bench.filling import fill
from bench.pages import pages
from ledger import Ledger, Settings
from ledger.card_tables import cards
from ledger.filters import Filter
from ledger.record import State
from ledger.schema import attempts, files, job_uploads, jobs, log_lines
from ledger.tally import ALL
from tasks.filing import Filing
from tasks.kind import kinds
from webapp import create_app

NOW = datetime(2026, 1, 1, tzinfo=UTC)
JOBS, WAITING = 1_500, 60


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").database()
    folder = tmp_path_factory.mktemp("filled")
    ledger = Ledger(Settings(postroom_var=folder, database_url=url), clock=lambda: NOW)
    ledger.upgrade()
    fill(ledger, kinds(), JOBS, WAITING, NOW)
    yield ledger
    ledger.close()


def number(ledger: Ledger, *conditions: object) -> int:
    query = select(func.count()).select_from(jobs).where(*conditions)  # type: ignore[arg-type]  # a test's own words
    with ledger.database.read() as connection:
        return connection.execute(query).scalar_one()


def cards_of(ledger: Ledger) -> dict[str, tuple[object, ...]]:
    told = [column for column in cards.c if column.name not in {"number", "job"}]
    with ledger.database.read() as connection:
        return {row[0]: tuple(row[1:]) for row in connection.execute(select(cards.c.job, *told))}


def test_filled_cards_are_those_that_the_clock_makes(filled: Ledger) -> None:
    written = cards_of(filled)
    with filled.database.write() as connection:
        connection.execute(delete(cards))
        connection.execute(update(jobs).values(filed_at=None))

    filing = Filing(filled, kinds())
    while number(filled, jobs.c.filed_at.is_(None), jobs.c.finished_at.is_not(None)):
        filing.do()
    filing.do()

    assert len(written) == JOBS
    assert cards_of(filled) == written


def test_nothing_is_left_for_the_clock_to_do(filled: Ledger) -> None:
    assert number(filled, jobs.c.filed_at.is_(None)) == WAITING
    assert not filled.naming.any()
    groups = filled.failures.page(limit=JOBS)
    assert sum(group.jobs for group in groups) == number(filled, jobs.c.state == State.FAILURE)
    assert max(group.jobs for group in groups) > 1
    assert filled.experience.learn_runs("images") == 0

    since = NOW - timedelta(days=30)
    ended = sum(hour.ended for hour in filled.history.of(ALL, since))
    assert ended == number(filled, jobs.c.finished_at >= since, jobs.c.finished_at < NOW)


def test_a_filled_ledger_has_some_of_everything(filled: Ledger) -> None:
    parts = filled.counting.parts(Filter())
    assert all(parts[part].number for part in parts)
    assert sum(count.number for count in parts.values()) == JOBS
    with filled.database.read() as connection:
        assert connection.scalar(select(func.max(attempts.c.number))) == 40
        assert connection.scalar(select(func.max(log_lines.c.number))) == 20_000
        assert connection.scalar(select(func.count()).select_from(job_uploads))
        outputs = select(func.count()).select_from(files).where(files.c.job.is_not(None))
        assert connection.scalar(outputs)


def test_every_page_that_is_measured_answers(filled: Ledger) -> None:
    client = signed_in(create_app(filled.settings, filled), filled)
    answers = {page.name: client.get(page.address).status for page in pages(filled, NOW)}
    assert set(answers.values()) == {"200 OK"}, answers


def test_the_same_number_makes_the_same_jobs() -> None:
    def made() -> list[One]:
        return list(Believable(kinds(), 50, 5, NOW).jobs())

    assert made() == made()
