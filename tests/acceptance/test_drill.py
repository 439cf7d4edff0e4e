"""The drill that people run to see the promise shows it, or says why it can't."""

import click
import pytest

from tests.acceptance.conftest import Site
from webapp.drill import drill

pytestmark = pytest.mark.broker


def test_the_drill_kills_a_worker_and_its_job_ends_in_success(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.drill.BEFORE", 0.5)
    site.worker().ready()
    site.worker().ready()

    lines = list(drill(site.ledger, lambda: site.submit("hello", name="drill", seconds=2)))

    assert any("It runs again" in line for line in lines)
    assert any("attempt 1 lost" in line for line in lines)
    assert "in success" in lines[-1]


def test_the_drill_says_that_it_needs_a_second_worker(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.drill.PATIENCE_FOR_WORKERS", 0)

    with pytest.raises(click.ClickException, match="needs two workers"):
        list(drill(site.ledger, lambda: "never submitted"))
