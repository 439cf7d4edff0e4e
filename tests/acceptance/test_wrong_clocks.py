"""Machines whose clocks are two minutes apart: nothing is late, early, given up or forgotten."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.record import Ending, State
from tests.acceptance.conftest import Site, lines
from tests.acceptance.workers import CHECKOUT
from tests.running import Postroom, Visitor
from tests.services import PostgreSQL
from tests.waiting import until

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

AHEAD, BEHIND = +60, -60  # seconds
HEART = 4  # seconds
HURRIED = {"HEART_TIMEOUT": f"{HEART}", "BEAT_EVERY": "0.5", "KEEP_FOR": "30"}


def wrong(seconds: int) -> dict[str, str]:
    """Return the environment of a program whose clock is wrong by so much."""
    folder = CHECKOUT / "tests" / "acceptance" / "wrong_clock"
    return {"PYTHONPATH": str(folder), "SECONDS_AHEAD": str(seconds)}


def test_workers_with_wrong_clocks_retry_and_beat_in_time_and_forget_nothing_early(
    pg_site: Site, gate: Path, trace: Path
) -> None:
    site = pg_site
    new = site.submit("hello", name="Ada", seconds=0)
    site.ledger.jobs.request_cancel(new)
    traces = {name: trace.with_name(name) for name in ("ahead", "behind")}

    site.worker(**HURRIED, **wrong(AHEAD)).ready()
    retried = {"ahead": site.submit("recovers_soon", trace=traces["ahead"])}
    until("it waits", lambda: site.job(retried["ahead"]).state is State.RETRY)
    stays = site.submit("stays", trace=trace, gate=gate)
    started = site.started(stays).started_at
    behind = site.worker(**HURRIED, **wrong(BEHIND)).ready()
    retried["behind"] = site.submit("recovers_soon", trace=traces["behind"])

    for name, seconds in (("ahead", AHEAD), ("behind", BEHIND)):
        assert site.settled(retried[name]).result == "at last"
        first, second = site.attempts(retried[name])
        assert first.ended_at is not None
        assert 0.8 * 3 <= (second.started_at - first.ended_at).total_seconds() <= 1.2 * 3 + 2
        at = float(lines(traces[name], "began")[0].split()[2])
        assert at - first.started_at.timestamp() == pytest.approx(seconds, abs=2)
    later = started + timedelta(seconds=2 * HEART)
    until("the hearts have beaten long enough", lambda: site.beats_after(behind, later))
    gate.touch()

    assert site.settled(stays).state is State.SUCCESS
    assert site.endings(stays) == [Ending.SUCCEEDED]
    assert site.job(new).state is State.REVOKED


@pytest.fixture
def consoles(
    tmp_path: Path, broker_url: str, postgresql: PostgreSQL
) -> Iterator[tuple[Postroom, Postroom]]:
    """One whose clock is ahead, one whose clock is behind, of the same Postroom."""
    database = postgresql.database()
    with ExitStack() as stack:
        pair = []
        for name, seconds in (("ahead", AHEAD), ("behind", BEHIND)):
            folder = tmp_path / name
            folder.mkdir()
            one = stack.enter_context(Postroom(folder, broker_url, database))
            one.environment |= {"SECRET_KEY": "the same for both", **wrong(seconds)}
            one.start("web")
            pair.append(one)
        for one in pair:
            until("the console answers", one.answers)
        yield pair[0], pair[1]


def test_a_person_is_known_to_all_consoles_whatever_their_clocks_say(
    consoles: tuple[Postroom, Postroom],
) -> None:
    ahead, behind = consoles
    user = ahead.ledger.users.add("ada")
    ada = Visitor()

    for first, second in ((ahead, behind), (behind, ahead)):
        ada.visit(f"{first.address}/link/{first.ledger.users.new_link(user, 30)}")
        form = ada.visit(f"{second.address}/new/hello")
        assert form.path == "/new/hello"
        filled = form.hidden() | {"name": "Ada", "seconds": "0"}
        assert ada.visit(f"{first.address}/new/hello", filled).path.startswith("/jobs/")

    assert ahead.ledger.jobs.counts() == {State.PENDING: 2}
