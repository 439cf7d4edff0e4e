"""A turn of the bench beside other systems, for the one that needs nothing installed: ourselves."""

import tempfile
from pathlib import Path

import pytest

from bench.peers.services import Servers
from bench.peers.systems import SYSTEMS, Server
from bench.peers.turn import Plan, measure

pytestmark = pytest.mark.broker


def test_a_turn_measures_postroom_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    plan = Plan(jobs=40, singles=5, kills=1, patience=30, drain=5)
    with Servers({Server.RABBITMQ}, fsync="always") as servers:
        figures = measure(SYSTEMS["postroom-sqlite"], servers, plan)
    assert figures.accepts > 0
    assert figures.drains > 0
    assert len(figures.idle) == 5
    assert min(figures.idle) > 0
    assert figures.memory > 10
    assert figures.again[0] is not None
    assert list(tmp_path.iterdir()) == []
    assert [pid for pid in Path("/proc").glob("[0-9]*") if _lives_in(pid, tmp_path)] == []


def _lives_in(process: Path, folder: Path) -> bool:
    """Return whether a process was told of a folder."""
    try:
        return str(folder).encode() in (process / "environ").read_bytes()
    except OSError:  # It has just ended.
        return False
