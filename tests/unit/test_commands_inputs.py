import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError

from tasks.kinds.commands.arguments import filled, vector
from tests.unit.commands_run import command

WORDS = {
    "one": ["a b"],
    "none": None,
    "files": ["x.txt", "y.txt"],
    "flag": ["--verbose"],
    "switch": [],
}


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        (["{one}"], ["a b"]),
        (["--name={one}"], ["--name=a b"]),
        (["{{{one}}}"], ["{a b}"]),
        (["{none}", "--name={none}"], []),
        ([["--name", "{none}"], ["--name", "{one}"]], ["--name", "a b"]),
        (["{files}"], ["x.txt", "y.txt"]),
        (["-i{files}"], ["-ix.txt", "-iy.txt"]),
        ([["-i", "{files}"]], ["-i", "x.txt", "-i", "y.txt"]),
        ([["-n{one}", "{none}", "{files}"]], []),
        ([["{one}", "{files}"]], ["a b", "x.txt", "a b", "y.txt"]),
        (["{flag}", ["{flag}", "-l"]], ["--verbose", "--verbose", "-l"]),
        (["{switch}", ["{switch}", "-l"]], ["-l"]),
    ],
)
def test_placeholders_become_arguments(given: list[str | list[str]], arguments: list[str]) -> None:
    assert vector(["program", *given], WORDS) == ["program", *arguments]


def test_a_variable_without_its_input_is_not_there() -> None:
    assert filled("{one}!", WORDS) == "a b!"
    assert filled("x{none}", WORDS) is None


EVERYTHING = """
command = [
  "printf", "%s|", "--text={text}", "--level={level}", "--share={share}", "{fast}", "{size}",
  "--day={day}", ["--tag", "{tags}"], "--", "{rest}",
]
[inputs.text]
type = "text"
label = "A text"
help = "what it says"
pattern = '\\w+'
max_length = 9
[inputs.level]
type = "integer"
min = 1
max = 9
default = 3
[inputs.share]
type = "number"
required = false
[inputs.fast]
type = "boolean"
flag = ["--fast", "--now"]
[inputs.size]
type = "choice"
default = "large"
choices = { small = "-s", large = ["-l", "-x"], usual = [] }
[inputs.day]
type = "date"
required = false
min = 2020-01-01
[inputs.tags]
type = "text"
several = true
required = false
at_most = 2
[inputs.rest]
type = "text"
required = false
"""


def test_a_command_has_the_inputs_of_a_programmed_kind(tmp_path: Path) -> None:
    kind = command(tmp_path, EVERYTHING)

    properties = kind.inputs.model_json_schema()["properties"]

    assert properties["text"]["title"] == "A text"
    assert properties["text"]["description"] == "what it says"
    assert properties["level"] == {
        "default": 3,
        "maximum": 9,
        "minimum": 1,
        "title": "Level",
        "type": "integer",
    }
    assert properties["size"]["enum"] == ["small", "large", "usual"]
    assert properties["tags"]["maxItems"] == 2
    parsed = kind.parse({"text": "hi", "day": "2024-02-29", "tags": ["a"]})
    assert dict(parsed) == {
        "text": "hi",
        "level": 3,
        "share": None,
        "fast": False,
        "size": "large",
        "day": dt.date(2024, 2, 29),
        "tags": ["a"],
        "rest": None,
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "text"),
        ({"text": "a b"}, "text"),
        ({"text": "ok\n"}, "text"),
        ({"text": "toolongtext"}, "text"),
        ({"text": "ok", "level": 0}, "level"),
        ({"text": "ok", "size": "huge"}, "size"),
        ({"text": "ok", "day": "2019-12-31"}, "day"),
        ({"text": "ok", "tags": ["a", "b", "c"]}, "tags"),
        ({"text": "ok", "tags": ["-x"]}, "tags"),
        ({"text": "ok", "rest": "a/b"}, "rest"),
        ({"text": "ok", "rest": ".."}, "rest"),
        ({"text": "ok", "rest": "a\0b"}, "rest"),
        ({"text": "ok", "rest": "a\x1bb"}, "rest"),
        ({"text": "ok", "rest": "a\nb"}, "rest"),
        ({"text": "ok", "unknown": 1}, "unknown"),
    ],
)
def test_what_would_be_more_than_a_value_is_refused(
    tmp_path: Path, given: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as error:
        command(tmp_path, EVERYTHING).parse(given)

    assert {one["loc"][0] for one in error.value.errors()} == {field}


def test_a_dash_is_refused_only_where_it_could_begin_an_option(tmp_path: Path) -> None:
    kind = command(tmp_path, EVERYTHING)

    kind.parse({"text": "ok", "rest": "-behind the two dashes"})
    with pytest.raises(ValidationError, match="would take it for an option"):
        kind.parse({"text": "ok", "tags": ["-x"]})


def test_an_entry_may_allow_paths_and_several_lines(tmp_path: Path) -> None:
    kind = command(
        tmp_path,
        """
command = ["printf", "%s", "{text}"]
[inputs.text]
type = "text"
paths = true
lines = true
""",
    )

    kind.parse({"text": "/etc/../a\nb"})
    assert kind.inputs.model_json_schema()["properties"]["text"]["widget"] == "textarea"
