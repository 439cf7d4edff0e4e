"""The form of the kind: times as people type them, and choices that do not go together."""

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.kinds.media import media
from tasks.kinds.media.options import Options, clock

UPLOAD = {"id": "1", "name": "a.mp4", "size": 4, "sha256": "0" * 64}


def given(**values: Any) -> dict[str, Any]:
    return media.parse({"file": UPLOAD} | values).model_dump(exclude={"file"})


def mistakes(**values: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        given(**values)
    return {str(error["loc"][0]): error["msg"] for error in caught.value.errors()}


def test_the_form_needs_a_file_and_nothing_else() -> None:
    assert list(mistakes(file=None)) == ["file"]
    assert Options(**given()) == Options()


def test_every_field_of_the_form_says_what_it_is() -> None:
    for name, field in media.inputs.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("0", 0),
        ("83.5", 83.5),
        ("83,5", 83.5),
        ("1:23", 83),
        ("01:02:03.25", 3723.25),
        ("90:00", 5400),
        (" 1h 2m ", 3720),
        ("2 min", 120),
        ("1m23.5s", 83.5),
        (83.5, 83.5),
    ],
)
def test_times_are_read_as_people_type_them(typed: object, seconds: float) -> None:
    assert given(start=typed)["start"] == seconds


@pytest.mark.parametrize(
    "typed", ["x", ":", "1:", "1:75", "1:60:00", "1:2:3:4", "-1", "1e3", "٣", "h", "nan", "9" * 30]
)
def test_what_is_no_time_is_refused(typed: str) -> None:
    assert "start" in mistakes(start=typed)


def test_inputs_survive_the_ledger() -> None:
    once = given(start="1:23", end="1h", width=640)

    assert given(**once) == once


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"start": "1:23", "end": "0:30"}, "end", "Must be after the start, 1:23"),
        ({"end": 0}, "end", "Must be after the start, 0:00"),
        ({"to": "mp3", "width": 640}, "width", "There is no picture in mp3"),
        ({"to": "flac", "height": 640}, "height", "There is no picture in flac"),
        ({"enlarge": True}, "enlarge", "Give a width or a height"),
        ({"loudness": 3}, "loudness", "less than or equal to -5"),
    ],
)
def test_what_does_not_go_together_is_said_at_submission(
    values: dict[str, Any], field: str, words: str
) -> None:
    assert words in mistakes(**values)[field]


def test_a_wrong_size_is_not_called_missing() -> None:
    assert list(mistakes(width=3, enlarge=True)) == ["width"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (9.54, "0:09.5"), (83, "1:23"), (59.96, "1:00"), (3723.25, "1:02:03.3")],
)
def test_times_are_shown_as_players_show_them(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
