import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.errors import ClaimLost, LedgerUnavailable
from ledger.record import Claim, LogLine, Progress
from tasks import context
from tasks.context import Cancelled, JobLog, Printed, Running, output, progress, resume, track

CLAIM = Claim("job", 1, "hello", {}, "ada", checkpoint={"state": {"done": 3}, "files": {}})


class Attempts:
    """Stands for the ledger's attempts: keeps what is reported, or fails as it is told to."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.progress: list[Progress | None] = []
        self.asked = False
        self.error: Exception | None = None

    def report(self, _claim: Claim, to: Progress | None, lines: tuple[LogLine, ...]) -> bool:
        if self.error is not None:
            raise self.error
        self.lines += lines
        self.progress.append(to)
        return self.asked

    def asked_to_stop(self, _claim: Claim) -> bool:
        return self.asked


class Ledger:
    def __init__(self) -> None:
        self.attempts = Attempts()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def running(ledger: Ledger, tmp_path: Path) -> Iterator[Running]:
    made = Running(ledger, CLAIM, tmp_path / "scratch", max_lines=1010, max_size=10**6)  # type: ignore[arg-type]  # what a pulse needs of it
    context.begin(made)
    yield made
    context.begin(None)


def test_track_says_with_each_item_how_many_are_done(running: Running, ledger: Ledger) -> None:
    for _item in track("ab", "reading"):
        running.pulse()
    running.pulse()

    assert ledger.attempts.progress == [
        Progress(0, 2, "reading"),
        Progress(1, 2, "reading"),
        Progress(2, 2, "reading"),
    ]


def test_a_pulse_writes_each_line_once(running: Running, ledger: Ledger) -> None:
    running.say("INFO", "one")
    running.pulse()
    running.say("INFO", "two")
    running.pulse()

    assert [(line.number, line.text) for line in ledger.attempts.lines] == [(1, "one"), (2, "two")]
    assert running.rest() == (None, [])


def test_what_a_pulse_is_writing_is_no_part_of_the_rest(running: Running, ledger: Ledger) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def report(_claim: Claim, _to: Progress | None, _lines: tuple[LogLine, ...]) -> bool:
        begun.set()
        assert go_on.wait(5)
        return False

    ledger.attempts.report = report  # type: ignore[method-assign, assignment]  # a slow ledger
    running.say("INFO", "one")
    pulse = threading.Thread(target=running.pulse)
    pulse.start()
    assert begun.wait(5)
    threading.Timer(0.1, go_on.set).start()

    assert running.rest() == (None, [])
    pulse.join()


def test_what_the_ledger_missed_is_kept_for_the_end(running: Running, ledger: Ledger) -> None:
    ledger.attempts.error = LedgerUnavailable("away")
    running.say("INFO", "one")
    running.move(Progress(1, 2))

    with pytest.raises(LedgerUnavailable):
        running.pulse()

    moved, lines = running.rest()
    assert (moved, [line.text for line in lines]) == (Progress(1, 2), ["one"])


def test_a_lost_claim_is_told_to_the_pulse(running: Running, ledger: Ledger) -> None:
    ledger.attempts.error = ClaimLost("job", 1)
    running.say("INFO", "one")

    with pytest.raises(ClaimLost):
        running.pulse()


def test_a_cancel_stops_the_job_at_its_next_step(running: Running, ledger: Ledger) -> None:
    ledger.attempts.asked = True
    running.pulse()

    with pytest.raises(Cancelled):
        progress(1, 2)


def test_a_long_log_keeps_its_head_and_its_tail_and_says_what_is_gone(running: Running) -> None:
    for number in range(1, 2101):
        running.say("INFO", f"line {number}")

    _progress, lines = running.rest()

    texts = [line.text for line in lines]
    assert texts[9] == "line 10"
    assert "1,090 lines are left out" in texts[10]
    assert texts[11] == "line 1101"
    assert texts[-1] == "line 2100"
    assert [line.number for line in lines] == sorted({line.number for line in lines})


def test_what_is_printed_and_logged_is_in_the_jobs_log(running: Running) -> None:
    out = Printed("INFO")
    print("hello\nyou", file=out)
    print("10 %\r20 %", end="", file=out)
    out.flush()
    handler = JobLog()
    handler.emit(logging.makeLogRecord({"name": "mine", "levelname": "WARNING", "msg": "careful"}))
    handler.emit(logging.makeLogRecord({"name": "celery.worker", "msg": "not the job's"}))

    _progress, lines = running.rest()

    assert [(line.level, line.text) for line in lines] == [
        ("INFO", "hello"),
        ("INFO", "you"),
        ("INFO", "20 %"),
        ("WARNING", "careful"),
    ]


def test_an_output_is_a_path_in_the_attempts_own_folder(running: Running) -> None:
    assert output("a.txt").parent == running.folder()

    for wrong in ("", "../a.txt", "a/b.txt", "/etc/passwd"):
        with pytest.raises(ValueError, match="plain file name"):
            output(wrong)


def test_the_state_of_an_earlier_attempt_is_there(running: Running) -> None:
    assert running.checkpoint.state == resume() == {"done": 3}


def test_outside_a_job_progress_is_no_error_and_an_output_is() -> None:
    progress(1, 2)
    assert list(track([1, 2])) == [1, 2]

    with pytest.raises(RuntimeError, match="inside a running job"):
        output("a.txt")


@pytest.mark.parametrize(("attempt", "begun"), [(1, 0), (2, 1400)])
def test_what_earlier_attempts_did_is_told_apart(
    running: Running, attempt: int, begun: float
) -> None:
    running.claim = replace(running.claim, attempt=attempt)
    for done in (0, 1400, 1500):
        running.move(Progress(done, 2000))

    assert running.at == Progress(1500, 2000, begun=begun)
