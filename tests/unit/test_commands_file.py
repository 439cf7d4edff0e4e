import logging
from pathlib import Path

import pytest

from tasks.kinds.commands.catalogue import read
from tasks.kinds.commands.kinds import COMMANDS, declare_all
from tasks.kinds.commands.places import Places
from tests.unit.commands_run import catalogue_of

GOOD = '[good]\ntitle = "Good"\ncommand = ["true"]\n'


def told(folder: Path, text: str) -> list[str]:
    """Return what is wrong with a file, without the file's name."""
    problems = catalogue_of(folder, text).problems
    return [str(one).removeprefix("commands.toml, ") for one in problems]


def test_the_shipped_file_is_right_and_its_programs_are_on_this_machine() -> None:
    file = Path(__file__).parent.parent.parent / "commands.toml"

    assert read(file, ["default"]).problems == []
    assert list(COMMANDS) == ["archive", "compare"]


def test_the_example_of_the_documentation_is_right(tmp_path: Path) -> None:
    guide = Path(__file__).parent.parent.parent / "docs" / "commands.md"
    example = guide.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]

    catalogue = catalogue_of(tmp_path, example)

    assert list(catalogue.entries) == ["transcribe"]
    assert [one.fatal for one in catalogue.problems] == [False]  # Its program is an example too.


WRONG = {
    'tittle = "x"\ncommand = ["true"]': [
        "line 1: [bad] title is needed",
        "line 2: [bad] there is no key 'tittle'; is it 'title'?",
    ],
    'title = "x"\ncommand = [\n  "true",\n  "{widht}",\n]\ninputs.width = {type = "integer"}': [
        "line 5: [bad] there is no input 'widht'; there are: width",
        "line 7: [bad] nothing uses this input: write {width} in command",
    ],
    'title = "x"\ncommand = ["true", "{a"]': [
        "line 3: [bad] '{a' has a brace that is alone; write {{ or }} for the brace itself",
    ],
    'title = "x"\ncommand = ["true", "{a!r}"]': [
        "line 3: [bad] '{a!r}' is no text with placeholders: they are written as {name}",
    ],
    'title = "x"\ncommand = ["true"]\n\n[bad.inputs.a]\ntype = "colour"': [
        (
            "line 6: [bad] an input needs a type, one of: text, integer, number, date, boolean, "
            "choice, file, files, secret"
        ),
    ],
    'title = "x"\ncommand = ["true", "--x={a}"]\n[bad.inputs.a]\ntype = "integer"\nminn = 3': [
        "line 6: [bad] there is no key 'minn'; is it 'min'?",
    ],
    'title = "x"\ncommand = ["true", "{a}"]\ninputs.a.type = "text"\ninputs.a.pattern = "("': [
        "line 5: [bad] the pattern will not do: regex parse error: ^(?:()$ ^ error: unclosed group",
    ],
    'title = "x"\ncommand = ["true", "{a}"]\ninputs.a = {type="integer", min=3, default=2}': [
        "line 4: [bad] the default will not do: Input should be greater than or equal to 3",
    ],
    'title = "x"\ncommand = ["true", "{a}"]\ninputs.a.type = "integer"': [
        (
            "line 3: [bad] a negative a could be taken for an option: give it min = 0, or write"
            ' --option={a}, or put it after "--"'
        ),
    ],
    'title = "x"\ncommand = ["true", "{key}"]\ninputs.key.type = "secret"': [
        (
            "line 3: [bad] a secret can't be an argument, which everybody on the machine can read;"
            " give it to the program in environment"
        ),
    ],
    'title = "x"\ncommand = ["{a}"]\ninputs.a.type = "text"': [
        "line 3: [bad] the program, which comes first, has to be named by the file itself",
    ],
    'title = "x"\ncommand = ["sh", "-ec", "echo {a}"]\ninputs.a.type = "text"': [
        'line 3: [bad] a shell would run what a person writes: use "$1", and give the input after',
    ],
    'title = "x"\ncommand = ["true", "-x{a}"]\ninputs.a = {type = "boolean", flag = "-a"}': [
        "line 3: [bad] {a} may be no word or several, so it has to be an argument of its own",
    ],
    'title = "x"\ncommand = ["true", ["{a}", "{b}"]]\ninputs = {a.type="files", b.type="files"}': [
        "line 3: [bad] a and b are lists, and one argument or group takes one",
    ],
    'title = "x"\ncommand = ["true", "{copy}"]\ninputs.copy.type = "text"': [
        (
            "line 4: [bad] no input can be called that; take small letters, digits and _, and no"
            " reserved word"
        ),
    ],
    'title = "x"\ncommand = ["true"]\ninherit = ["TZ", "DATABASE_URL"]': [
        "line 4: [bad] DATABASE_URL is a setting of Postroom's own, and no program's business",
    ],
    'title = "x"\ncommand = ["true"]\noutputs = ["a", "../b"]': [
        "line 4: [bad] outputs are names or patterns of files in the job's own folder",
    ],
    'title = "x"\ncommand = ["true"]\nstdout = "a/b"\nstdin = "c"': [
        "line 4: [bad] has to be a plain file name",
        "line 5: [bad] has to be the name of an input of the type file",
    ],
    'title = "x"\ncommand = ["true"]\nqueue = "fast"': [
        "line 4: [bad] there is no queue 'fast'; there are: default",
    ],
    'title = "x"\ncommand = ["true"]\ntime_limit = "3 parsecs"\nmax_memory = "big"': [
        "line 4: [bad] time_limit: '3 parsecs' is no duration; write one as 45 s, 10 min or 2 h",
        "line 5: [bad] max_memory: 'big' is no size; write one as 500 kB, 200 MB or 2 GB",
    ],
    'title = "x"\ncommand = ["true"]\nexit_codes.1 = "x"\nexit_codes.900 = "y"': [
        "line 5: [bad] an exit code is a number from 0 to 255",
    ],
    'title = "x"\ncommand = ["true"]\nprogress.pattern = "(?P<share>.)"\nprogress.total = "a"': [
        "line 4: [bad] knows the groups done, percent, text, total, written as (?P<percent>…)",
        "line 5: [bad] has to be the name of an input: an integer, or files or several values",
    ],
    'title = "x"\ncommand = ["true"]\n[bad.environment]\n"A=B" = "c"': [
        "line 5: [bad] no variable can be called 'A=B'",
    ],
    "# no table": ["line 1: [bad] title is needed", "line 1: [bad] command is needed"],
}


@pytest.mark.parametrize(("body", "words"), WRONG.items(), ids=range(len(WRONG)))
def test_what_is_wrong_is_told_by_line_and_the_other_entries_are_there(
    tmp_path: Path, body: str, words: list[str]
) -> None:
    assert told(tmp_path, f"[bad]\n{body}\n{GOOD}") == words
    assert list(catalogue_of(tmp_path, f"{GOOD}[bad]\n{body}").entries) == ["good"]


def test_a_file_that_is_no_toml_is_told_by_line(tmp_path: Path) -> None:
    assert told(tmp_path, f"{GOOD}\ntitle 'x'") == [
        (
            "line 5: is no TOML, so none of its entries is there:"
            " Expected '=' after a key in a key/value pair"
        )
    ]
    assert "line 4" in told(tmp_path, f"{GOOD}{GOOD}")[0]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = read(tmp_path / "nowhere.toml", []).problems

    assert "can't be read" in str(problem)
    assert "nowhere.toml" in str(problem)


def test_an_empty_file_is_no_mistake(tmp_path: Path) -> None:
    assert told(tmp_path, "") == []


def test_a_name_that_another_kind_has_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "commands.toml"
    file.write_text(f"{GOOD}[Bad]\n[hello]\n", encoding="utf-8")

    problems = read(file, ["default"], taken={"hello"}).problems

    assert [(one.line, one.entry) for one in problems] == [(4, "Bad"), (5, "hello")]


def test_a_program_that_is_not_here_is_told_and_its_kind_is_there(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path, '[a]\ntitle = "A"\ncommand = [\n  "not-there",\n]')

    (problem,) = catalogue.problems
    assert (problem.line, problem.fatal) == (4, False)
    assert list(catalogue.entries) == ["a"]


def test_what_is_wrong_is_logged_when_the_kinds_are_declared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "commands.toml"
    file.write_text('[tried_logged]\ntitle = "A"\ncommand = ["not-there"]\n[bad]\n')

    assert list(declare_all(file)) == ["tried_logged"]

    assert [(one.levelno, one.getMessage()[:22]) for one in caplog.records] == [
        (logging.WARNING, "commands.toml, line 3:"),
        (logging.ERROR, "commands.toml, line 4:"),
        (logging.ERROR, "commands.toml, line 4:"),
    ]


def test_lines_are_found_whatever_strings_hold() -> None:
    places = Places(
        '# a comment\n[a]\nx = """\n[b]\ny = 1\n"""  # more\nz = [\n  "[c]",\n  "y = 2",\n]\n'
        "[ b ] # [a]\ny.w = 3\n'q.r' = {s = 1}\n"
    )

    assert places.line(["a", "x"]) == 3
    assert places.line(["a", "z"]) == 7
    assert places.line(["a", "z"], "y = 2") == 9
    assert places.line(["b"]) == 11
    assert places.line(["b", "y", "w"]) == 12
    assert places.line(["b", "q.r", "s"]) == 13
    assert places.line(["b", "q.r", "unknown"]) == 13
    assert places.line(["unknown"]) == 1
