"""The bench beside other systems: what it makes of marks and figures, and what it leaves."""

import os
import signal
import struct
from pathlib import Path

import pytest

from bench.peers import environments, kept, marks, report
from bench.peers.summary import Row, percentile, rows
from bench.peers.systems import REFERENCE, SYSTEMS
from bench.peers.turn import Figures
from bench.peers.workers import Workers
from tests.waiting import until


def figures(drains: float, again: float | None = 0.1) -> Figures:
    return Figures(
        accepts=100, drains=drains, cpu=2, memory=50, idle=[1.0, 2.0, 9.0], again=[again], many=None
    )


def test_a_mark_says_when_and_where_a_job_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(marks.FILE, str(tmp_path / "marks"))
    marks._file.cache_clear()  # noqa: SLF001 - the file of another test
    reader = marks.Reader(tmp_path / "marks")
    marks.noop(7)
    marks.noop(8)
    marks.noop(7)
    reader.look()
    assert [mark.pid for mark in reader.of(7)] == [os.getpid()] * 2
    assert reader.first[7] == reader.of(7)[0].nanoseconds < reader.of(7)[1].nanoseconds
    reader.close()
    marks._file.cache_clear()  # noqa: SLF001


def test_half_a_mark_is_taken_in_when_it_is_whole(tmp_path: Path) -> None:
    reader = marks.Reader(tmp_path / "marks")
    whole = struct.pack("<qqq", 1, 2, 3)
    with (tmp_path / "marks").open("ab", buffering=0) as file:
        file.write(whole[:10])
        reader.look()
        assert reader.marks == []
        file.write(whole[10:])
    reader.look()
    assert reader.marks == [marks.Mark(1, 2, 3)]
    reader.close()


def test_a_ratio_is_to_celery_in_the_same_round() -> None:
    slow, fast = (
        {REFERENCE: figures(10), "rq": figures(5)},
        {
            REFERENCE: figures(1000),
            "rq": figures(1000),
        },
    )
    third = {REFERENCE: figures(100), "rq": figures(60)}
    assert rows([slow, fast, third])["rq"].ratios["drains"] == 0.6  # not 60 to 100 by chance:
    assert rows([slow, fast])["rq"].ratios["drains"] == 0.75  # … and not 502.5 to 505


def test_without_celery_there_are_no_ratios() -> None:
    assert rows([{"rq": figures(5)}])["rq"].ratios == {}


def test_a_system_that_failed_in_one_round_has_no_row() -> None:
    assert list(rows([{"rq": figures(5), "huey": figures(5)}, {"rq": figures(5)}])) == ["rq"]


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile(range(1, 101), 99) == 99
    assert percentile([3, 1, 2], 50) == 2
    assert percentile([1.5], 99) == 1.5


@pytest.mark.parametrize(("name", "said"), [("huey", "never"), ("procrastinate", "> 15")])
def test_what_did_not_run_again_is_said(name: str, said: str) -> None:
    table = report.table(rows([{name: figures(5, again=None)}]), {}, patience=15)
    assert f"| {said} |" in " ".join(table.split())


def test_what_was_left_out_is_said_with_the_reason() -> None:
    table = report.table(rows([{"rq": figures(5)}]), {"huey": "pip failed"}, patience=15)
    assert table.endswith("left out: Huey: pip failed")


def test_the_change_since_the_kept_figures_is_printed() -> None:
    found = rows([{REFERENCE: figures(100), "rq": figures(60)}])
    assert "0.50 → 0.60 (+20 %)" in report.changes(found, {"rq": {"drains": 0.5}})
    assert report.changes(found, {}) == ""


def test_keeping_some_figures_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text('{"other": {"x": {"y": 1}}, "peers": {"huey": {"drains": 4.0}}}')
    found = rows([{REFERENCE: figures(100), "rq": figures(60)}])
    kept.write(found, path)
    assert kept.read(path)["huey"] == {"drains": 4.0}
    assert kept.read(path)["rq"]["drains"] == 0.6
    assert '"other"' in path.read_text()


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_system_has_its_module_and_its_pins(name: str) -> None:
    system = SYSTEMS[name]
    assert Path(environments.CHECKOUT, "bench/peers/apps", f"{system.app}.py").exists()
    assert bool(environments.version(system.environment)) == bool(system.environment)


def test_workers_are_started_again_and_end_with_all_that_they_started(tmp_path: Path) -> None:
    command = ("sh", "-c", "sleep 60 & sleep 60")
    with Workers([command], {}, Path("/bin"), tmp_path) as workers:
        until("the worker has a child", lambda: len(workers.pids()) > 2)
        assert workers.memory() > 0
        first = min(workers.pids())
        os.kill(first, signal.SIGKILL)
        until("the worker has ended", lambda: first not in workers.pids())
        workers.keep()
        until("another one runs", lambda: len(workers.pids()) > 2)
    assert workers.pids() == []


def test_the_time_of_ended_children_counts(tmp_path: Path) -> None:
    burn = "sh -c 'for one in $(seq 2000000); do :; done'; touch done; sleep 60"
    with Workers([("sh", "-c", burn)], {}, Path("/bin"), tmp_path) as workers:
        until("the child that worked has ended", (tmp_path / "done").exists)
        assert workers.processor_seconds() > 0.1


def test_workers_that_just_start_others_end_with_them(tmp_path: Path) -> None:
    command = ("sh", "-c", "for one in $(seq 3000); do sleep 60 & done; wait")
    with Workers([command], {}, Path("/bin"), tmp_path) as workers:
        until("some are started", lambda: len(workers.pids()) > 5)
    assert workers.pids() == []


def test_a_row_of_a_kill_that_came_back_has_its_time() -> None:
    row: Row = rows([{"rq": figures(5, again=0.25)}])["rq"]
    assert (row.again, row.worst, row.never) == (0.25, 0.25, False)
