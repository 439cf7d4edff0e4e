from datetime import date
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import Field, SecretStr, ValidationError

from tasks.inputs import HIDDEN, arguments_of, shown, to_row, uploads_in
from tasks.kind import Accept, Kind, Upload, kind, kinds, minutes


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


NO_PASSWORD = SecretStr("")


@kind(title="Try everything", time_limit=minutes(2))
def one_of_each(  # noqa: PLR0913, PLR0917 - one of each
    text: Annotated[str, Field(min_length=1)],
    number: Annotated[int, Field(ge=1, le=9)] = 3,
    share: float = 0.5,
    sure: bool = False,  # noqa: FBT001, FBT002 - a checkbox of the form
    size: Literal["small", "large"] = "small",
    colour: Colour = Colour.RED,
    day: date | None = None,
    words: list[str] = ["a"],  # noqa: B006 - pydantic copies it
    file: Annotated[Upload | None, Accept(".csv")] = None,
    more: list[Upload] = [],  # noqa: B006 - pydantic copies it
    password: SecretStr = NO_PASSWORD,
    keys: list[SecretStr] = [],  # noqa: B006 - pydantic copies it
) -> str:
    """Takes one of each.

    And says so at length.
    """
    del number, share, sure, size, colour, day, words, file, more, password, keys
    return text


FILE = {"id": "f1", "name": "a.csv", "size": 3, "sha256": "00"}


def test_a_kind_is_named_after_its_function_and_helped_by_its_docstring() -> None:
    assert one_of_each.name == "one_of_each"
    assert one_of_each.help == "Takes one of each.\n\nAnd says so at length."
    assert one_of_each.time_limit == 120


def test_a_kind_called_as_a_function_is_the_function() -> None:
    assert one_of_each(text="hi") == "hi"


def test_a_declared_kind_is_a_celery_task_of_its_name_with_its_limits() -> None:
    assert kinds()["one_of_each"] is one_of_each
    task = one_of_each.task
    assert (task.name, task.soft_time_limit, task.time_limit) == ("one_of_each", 120, 150)


def test_what_is_stored_comes_back_as_the_same_typed_values() -> None:
    given = one_of_each.parse(
        {
            "text": "hi",
            "colour": "blue",
            "day": "2026-02-03",
            "file": FILE,
            "more": [FILE],
            "password": "s3cret",
        }
    )

    again = one_of_each.parse(to_row(given))

    assert again == given
    assert arguments_of(again)["colour"] is Colour.BLUE
    assert arguments_of(again)["day"] == date(2026, 2, 3)
    assert [upload.name for upload in uploads_in(again)] == ["a.csv", "a.csv"]


def test_every_wrong_value_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as error:
        one_of_each.parse({"text": "", "number": 10, "size": "huge", "unknown": 1})

    assert {entry["loc"][0] for entry in error.value.errors()} == {
        "text",
        "number",
        "size",
        "unknown",
    }


def test_a_summary_shows_no_secret_and_stays_short() -> None:
    given = {"text": "x" * 500, "password": "s3cret", "keys": ["s3cret"]}
    row = to_row(one_of_each.parse(given))

    assert row["password"] == "s3cret"  # noqa: S105 - the worker needs it
    assert row["keys"] == ["s3cret"]
    assert "s3cret" not in one_of_each.summary(row)
    assert len(one_of_each.summary(row)) <= 200
    assert one_of_each.summary({"keys": ["s3cret"]}) == f"keys={HIDDEN}"


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "yes"), (None, ""), ([1, 2], "1, 2"), (FILE, "a.csv"), ("hi", "hi")],
)
def test_stored_values_are_shown_as_a_person_reads_them(value: object, words: str) -> None:
    assert shown(value) == words


def test_an_upload_has_a_path_only_inside_a_job() -> None:
    upload = Upload.model_validate(FILE)

    with pytest.raises(RuntimeError, match="only inside a running job"):
        _ = upload.path


def test_a_parameter_that_can_be_no_field_is_refused_by_name() -> None:
    def untyped(width) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the mistake itself
        del width

    def variable(*widths: int) -> None:
        del widths

    for wrong in (untyped, variable):
        with pytest.raises(TypeError, match="width"):
            kind(title="Wrong")(wrong)


def test_the_shipped_kinds_are_listed_in_the_order_of_the_settings() -> None:
    shipped: dict[str, Kind] = kinds()

    assert next(iter(shipped)) == "hello"
