import sys
import tarfile
from pathlib import Path

import pytest

from tasks.kind import ProgramFailed
from tasks.kinds.commands.kinds import COMMANDS
from tasks.testing import Trial, run_kind
from tests.unit.commands_run import command, script

PYTHON = sys.executable


def test_two_texts_are_compared(tmp_path: Path) -> None:
    before, after = tmp_path / "before.txt", tmp_path / "after.txt"
    before.write_text("one\n")
    after.write_text("two\n")

    done = run_kind(COMMANDS["compare"], before=before, after=after)

    assert done.result == "The texts differ; the file says where."
    assert "+two" in done.outputs["changes.diff"].read_text()


def test_files_are_packed_and_counted(tmp_path: Path) -> None:
    files = [tmp_path / "my list.txt", tmp_path / "b.txt"]
    for file in files:
        file.write_text(file.name)

    done = run_kind(COMMANDS["archive"], files=files, name="for Ada")

    with tarfile.open(done.outputs["for Ada.tar.gz"]) as archive:
        assert archive.getnames() == ["my_list.txt", "b.txt"]
    assert [(one.done, one.total, one.text) for one in done.progress] == [
        (0, 2, "my_list.txt"),
        (1, 2, "b.txt"),
    ]


def test_what_it_says_is_in_the_log_in_the_order_it_was_said(tmp_path: Path) -> None:
    program = "import sys; [(print(n), print(n, 'too', file=sys.stderr)) for n in range(50)]"
    said = command(tmp_path, f'command = ["{PYTHON}", "-c", "{program}"]')

    lines = run_kind(said).log.splitlines()

    assert lines[1:] == [line for n in range(50) for line in (str(n), f"{n} too")]


def test_colours_stay_in_the_log_and_lines_that_write_over_themselves_are_folded(
    tmp_path: Path,
) -> None:
    program = script(tmp_path, r"printf '10 %%\r60 %%\r\033[32m100 %%\033[0m\r\nno end'")

    log = run_kind(command(tmp_path, f'command = ["{program}"]')).log

    assert log.splitlines()[1:] == ["\x1b[32m100 %\x1b[0m", "no end"]


def test_an_input_is_one_argument_whatever_is_in_it(tmp_path: Path) -> None:
    shown = command(
        tmp_path,
        f"""
command = ["{script(tmp_path, 'printf "<%s>" "$@"')}", "--name={{name}}", "--", "{{name}}"]
[inputs.name]
type = "text"
paths = true
""",
    )
    hostile = "a b; $(touch pwned) `id` '\"\\ * -- -x"

    log = run_kind(shown, name=hostile).log

    assert log.splitlines()[-1] == f"<--name={hostile}><--><{hostile}>"


def test_a_program_has_its_own_variables_and_none_of_the_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://somebody:s3cret@broker//")
    monkeypatch.setenv("TEAM", "blue")
    monkeypatch.setenv("OTHER", "red")
    shown = command(
        tmp_path,
        f"""
command = ["{script(tmp_path, "env | sort")}"]
inherit = ["TEAM", "NOT_THERE"]
[environment]
KEY = "{{key}}"
NOTE = "for {{note}}"
[inputs.key]
type = "secret"
[inputs.note]
type = "text"
required = false
""",
    )

    log = run_kind(shown, key="hunter2").log

    names = {line.partition("=")[0] for line in log.splitlines()[1:]}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {
        *("COLUMNS", "HOME", "LANG", "LINES", "PAGER", "PATH", "TERM", "TMPDIR"),
        *("KEY", "TEAM"),
    }
    assert "KEY=hunter2" in log
    assert "hunter2" not in log.splitlines()[0]


def test_files_go_in_under_safe_names_and_come_out(tmp_path: Path) -> None:
    named = tmp_path / "-rf my$(id) ünd.txt"
    named.write_text("one")
    other = tmp_path / "a" / "result.txt"
    other.parent.mkdir()
    other.write_text("two")
    program = script(tmp_path, 'ls -1; cat "$@" >result.txt; mkdir -p b; echo x >b/c.log')
    kind = command(
        tmp_path,
        f"""
command = ["{program}", "{{files}}"]
outputs = ["result.txt", "**/*.log", "*.txt"]
[inputs.files]
type = "files"
""",
    )

    done = run_kind(kind, files=[named, other])

    assert done.log.splitlines()[1:] == ["result-2.txt", "rf_my_id_ünd.txt"]
    assert sorted(done.outputs) == ["b-c.log", "result.txt"]
    assert done.outputs["result.txt"].read_text() == "onetwo"


def test_a_file_that_is_written_over_is_an_output_and_the_upload_stays_as_it_was(
    tmp_path: Path,
) -> None:
    given = tmp_path / "a.txt"
    given.write_text("old")
    kind = command(
        tmp_path,
        f"""
command = ["{script(tmp_path, 'printf new >"$1"; test -f again || exit 75')}", "{{file}}"]
outputs = ["*.txt"]
[inputs.file]
type = "file"
""",
    )
    trial = Trial(kind, file=given)

    with pytest.raises(ProgramFailed):
        trial.run()
    stored = next(path for path in trial._folder.glob("storage/uploads/*/*") if path.is_file())  # noqa: SLF001 - where the bytes are

    assert stored.read_text() == "old"


def test_links_are_no_outputs(tmp_path: Path) -> None:
    # Nothing of the system's: outputs are moved, and this test is there to fail.
    bait = tmp_path / "elsewhere" / "a.txt"
    bait.parent.mkdir()
    bait.write_text("not the job's")
    links = f"ln -s {bait} a.txt; ln -s {bait.parent} b; echo fine >c.txt"
    kind = command(
        tmp_path,
        f"""
command = ["{script(tmp_path, links)}"]
outputs = ["*.txt", "b/*"]
""",
    )

    assert list(run_kind(kind).outputs) == ["c.txt"]
    assert bait.exists()


def test_a_filter_reads_a_file_and_writes_one(tmp_path: Path) -> None:
    given = tmp_path / "a.txt"
    given.write_text("b\na\nb\n")
    kind = command(
        tmp_path,
        """
command = ["sort", "{unique}", "{reverse}"]
stdin = "list"
stdout = "sorted.txt"
[inputs.list]
type = "file"
[inputs.unique]
type = "boolean"
flag = "--unique"
[inputs.reverse]
type = "boolean"
flag = "--reverse"
""",
    )

    done = run_kind(kind, list=given, unique=True)

    assert done.outputs["sorted.txt"].read_text() == "a\nb\n"
    assert done.log == "Runs: sort --unique"


def test_how_far_it_is_comes_from_what_it_says(tmp_path: Path) -> None:
    program = script(tmp_path, r"printf 'start\r  5 %%\r 60.5 %%\n'; echo 100 %; echo over")
    kind = command(
        tmp_path,
        f"""
command = ["{program}"]
progress.pattern = '(?P<percent>[\\d.]+) %'
""",
    )

    assert [one.percent for one in run_kind(kind).progress] == [5, 60.5, 100]
