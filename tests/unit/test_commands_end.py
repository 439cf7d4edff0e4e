import os
import sys
from pathlib import Path

import pytest

from tasks.guard import look
from tasks.kind import ProgramFailed
from tasks.kinds.commands.program import Call, Program
from tasks.testing import Trial, run_kind
from tests.unit.commands_run import command, script
from tests.waiting import until

PYTHON = sys.executable


def alive(pid: int) -> bool:
    seen = look(pid)
    return seen is not None and seen.state not in b"ZX"


def test_exit_codes_are_told_in_words_and_some_are_no_failure(tmp_path: Path) -> None:
    program = script(tmp_path, 'echo "something is odd" >&2; exit "$1"')
    kind = command(
        tmp_path,
        f"""
command = ["{program}", "{{code}}"]
success = [0, 1]
exit_codes = {{ 1 = "Nothing was found.", 2 = "The list could not be read." }}
[inputs.code]
type = "integer"
min = 0
""",
    )

    assert run_kind(kind, code=0).result is None
    assert run_kind(kind, code=1).result == "Nothing was found."
    with pytest.raises(ProgramFailed, match=r"^The list could not be read\.$"):
        run_kind(kind, code=2)
    with pytest.raises(
        ProgramFailed, match=r"^program.sh ended with exit code 3: something is odd$"
    ):
        run_kind(kind, code=3)


def test_a_failure_is_tried_again_where_the_entry_asks_for_it(tmp_path: Path) -> None:
    kind = command(
        tmp_path,
        f"""
command = ["{script(tmp_path, 'test -z "$1" || exit "$1"')}", "{{code}}"]
retries = 2
retry_for = [75]
[inputs.code]
type = "integer"
min = 0
""",
    )

    for code, state in ((75, "RETRY"), (1, "FAILURE")):
        trial = Trial(kind, code=code)
        with pytest.raises(ProgramFailed):
            trial.run()
        assert trial.job.state == state


def test_a_signal_is_told_by_its_name(tmp_path: Path) -> None:
    kind = command(tmp_path, f'command = ["{script(tmp_path, "kill -SEGV $$")}"]')

    with pytest.raises(ProgramFailed, match="ended by SIGSEGV"):
        run_kind(kind)


def test_a_file_larger_than_its_limit_is_told_with_the_limit(tmp_path: Path) -> None:
    kind = command(
        tmp_path,
        """
command = ["dd", "if=/dev/zero", "of=big", "bs=100k", "count=30"]
max_file_size = "2 MB"
""",
    )

    with pytest.raises(ProgramFailed, match="stopped at a file of 2 MB"):
        run_kind(kind)


def test_more_memory_than_the_limit_is_told_with_the_limit(tmp_path: Path) -> None:
    kind = command(
        tmp_path,
        f"""
command = ["{PYTHON}", "-c", "x = bytearray(300_000_000)"]
max_memory = "100 MB"
""",
    )

    with pytest.raises(ProgramFailed, match="more memory than the 100 MB"):
        run_kind(kind)


def test_what_it_leaves_running_is_ended_when_it_has_ended(tmp_path: Path) -> None:
    kind = command(tmp_path, f'command = ["{script(tmp_path, "sleep 60 & echo $!")}"]')

    log = run_kind(kind).log

    left = int(log.splitlines()[-1])
    until("it is gone", lambda: not alive(left), within=2)


@pytest.mark.parametrize("trap", ["", "trap '' TERM"])
def test_a_cancel_ends_the_whole_group_within_two_seconds(tmp_path: Path, trap: str) -> None:
    pids = tmp_path / "pids"
    program = script(tmp_path, f"{trap}\nsleep 60 & echo $! $$ >{pids}; echo ready; wait; sleep 60")
    kind = command(tmp_path, f'command = ["{program}"]')

    took = Trial(kind).cancelled(lambda _job: pids.exists() and pids.read_text().endswith("\n"))

    assert took < 2
    group = [int(pid) for pid in pids.read_text().split()]
    until("all are gone", lambda: not any(alive(pid) for pid in group), within=2)


def test_a_program_may_clean_up_when_it_is_cancelled(tmp_path: Path) -> None:
    cleaned, ready = tmp_path / "cleaned", tmp_path / "ready"
    program = script(tmp_path, f"trap 'touch {cleaned}; exit' TERM; touch {ready}; sleep 60 & wait")
    trial = Trial(command(tmp_path, f'command = ["{program}"]'))

    trial.cancelled(lambda _job: ready.exists())

    assert cleaned.exists()


def test_nothing_is_left_open_after_a_program(tmp_path: Path) -> None:
    before = sorted(Path("/proc/self/fd").iterdir())

    with Program(
        Call(["true"], tmp_path, {"PATH": os.defpath}, stdout=tmp_path / "out")
    ) as program:
        assert program.listen(str) == 0
    with pytest.raises(FileNotFoundError):
        Program(Call(["true"], tmp_path / "nowhere", {}))

    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_a_program_that_can_not_be_run_says_so(tmp_path: Path) -> None:
    program = tmp_path / "program.sh"
    script(tmp_path, "")
    kind = command(tmp_path, 'command = ["./program.sh"]')
    program.write_bytes(b"\x7fELF no program")

    with pytest.raises(ProgramFailed, match="can't be started: Exec format error"):
        run_kind(kind)
    program.unlink()
    with pytest.raises(ProgramFailed, match="is not on the machine of this worker"):
        run_kind(kind)


def test_more_files_than_one_call_takes_is_told_plainly(tmp_path: Path) -> None:
    kind = command(
        tmp_path,
        """
command = ["true", "--", "{text}"]
[inputs.text]
type = "text"
max_length = 100_000
several = true
""",
    )
    text = ["x" * 99_000] * 40

    with pytest.raises(Exception, match="more than one call"):
        run_kind(kind, text=text)
