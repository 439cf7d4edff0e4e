"""What a form asks, how answers are read, and in which words it says that one will not do."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field, ValidationError, create_model
from werkzeug.datastructures import MultiDict

from tasks.inputs import Accept, LongText, Upload
from tests.web.everything import EVERYTHING, Colour
from webapp.forms import JobForm, filled
from webapp.hints import hint
from webapp.mistakes import mistakes_in
from webapp.questions import ABSENT, Question, Sort, from_json, questions

LIMIT = 5_000_000_000


class Point(BaseModel):
    x: int


def question(annotation: Any, default: Any = ...) -> Question:
    """Return the question that a parameter of this type becomes."""
    model = create_model("Made", it=(annotation, default))
    return questions(model)["it"]


def everything(**texts: str | list[str]) -> JobForm:
    """Return the form of everything with these texts in it."""
    return JobForm(EVERYTHING, LIMIT, MultiDict(texts))


@pytest.mark.parametrize(
    ("annotation", "sort"),
    [
        (str, Sort.TEXT),
        (str | None, Sort.TEXT),
        (LongText, Sort.LONG_TEXT),
        (Annotated[LongText, Field(max_length=9)], Sort.LONG_TEXT),
        (int | None, Sort.NUMBER),
        (Decimal, Sort.TEXT),
        (int | str, Sort.TEXT),
        (bool, Sort.SWITCH),
        (bool | None, Sort.CHOICE),
        (Literal["a"], Sort.CHOICE),
        (Colour | None, Sort.CHOICE),
        (list[Colour], Sort.CHOICES),
        (set[Literal["a", "b"]], Sort.CHOICES),
        (list[str], Sort.LINES),
        (list[date] | None, Sort.LINES),
        (tuple[int, ...], Sort.LINES),
        (tuple[int, int], Sort.JSON),
        (dict[str, int], Sort.JSON),
        (list[list[int]], Sort.JSON),
        (Point, Sort.JSON),
        (list[Point], Sort.JSON),
        (Any, Sort.JSON),
        (datetime, Sort.MOMENT),
        (AwareDatetime, Sort.TEXT),
        (Upload | None, Sort.FILE),
        (list[Annotated[Upload, Accept(".csv")]], Sort.FILES),
    ],
)
def test_every_type_is_asked_in_a_form_that_suits_it(annotation: Any, sort: Sort) -> None:
    assert question(annotation).sort is sort


@pytest.mark.parametrize(
    ("annotation", "default", "texts", "answer"),
    [
        (str, ..., ["a\r\nb"], "a\nb"),
        (str, ..., ["  "], ABSENT),
        (str, ..., [], ABSENT),
        (str, "given", [""], ""),
        (str | None, "given", [""], None),
        (int, 3, [""], ""),  # The model refuses it: a number that was deleted is not the default.
        (int | None, 3, [" "], None),
        (int | None, 3, [], ABSENT),
        (Literal[1, "1", "auto"], ..., ["auto"], "auto"),
        (Literal[1, 2], ..., ["2"], 2),
        (Literal[1, 2], ..., ["3"], "3"),
        (Literal["", "a"], ..., [""], ""),
        (bool | None, None, ["no"], False),
        (list[int], ..., ["1\r\n\r\n 2 "], ["1", "2"]),
        (list[int], ..., ["1", "2"], ["1", "2"]),
        (list[int], ..., [""], ABSENT),
        (list[int], [1], [""], []),
        (list[int] | None, [1], [""], None),
        (list[Literal[1, 2]], ..., ["1", "2"], [1, 2]),
        (list[Literal[1, 2]], [1], [], []),
        (dict[str, int], ..., ['{"a": 1}'], {"a": 1}),
        (dict[str, int], ..., ["{"], "{"),
        (dict[str, int] | None, ..., [""], None),
        (list[Upload], ..., ["id", ""], ["id"]),
        (list[Upload], [], [], ABSENT),
    ],
)
def test_text_is_read_as_the_answer_it_is(
    annotation: Any, default: Any, texts: list[str], answer: Any
) -> None:
    read = question(annotation, default).read(texts)
    assert read == answer
    assert type(read) is type(answer)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "[" * 100_000, "{'a': 1}", ""])
def test_json_that_no_database_could_keep_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("story", "two\nlines"),
        ("sure", False),
        ("size", 3),
        ("colours", ["red", "green"]),
        ("marks", ["1", "2"]),
        ("mapping", {"a": 1}),
    ],
)
def test_what_is_written_is_read_back_as_it_was(name: str, value: Any) -> None:
    question = questions(EVERYTHING.inputs)[name]
    assert question.read(question.write(value)) == value


def test_a_new_form_is_filled_with_the_defaults() -> None:
    form = {answer.name: answer.data for answer in filled(EVERYTHING, LIMIT, MultiDict())}
    assert form["number"] == []
    assert form["story"] == ["Once upon a time"]
    assert form["share"] == ["0.5"]
    assert form["agreed"] == ["true"]
    assert form["limit"] == form["sure"] == form["password"] == form["table"] == []
    assert form["size"] == ["small"]
    assert form["colours"] == ["green"]
    assert form["marks"] == ["1\n2"]
    assert form["day"] == ["2024-05-31"]
    assert form["mapping"] == ["{}"]


def test_a_link_fills_a_form_but_never_a_secret() -> None:
    wanted: MultiDict[str, Any] = MultiDict(
        {"text": "Ada", "agreed": "false", "colours": ["red", "green"], "password": "seen", "z": ""}
    )
    form = {answer.name: answer for answer in filled(EVERYTHING, LIMIT, wanted)}
    assert form["text"].data == ["Ada"]
    assert not form["agreed"].on
    assert form["colours"].data == ["red", "green"]
    assert form["password"].data == []
    assert form["size"].data == ["small"]
    assert "z" not in form


def test_a_box_without_its_tick_means_no() -> None:
    assert everything().values()["agreed"] is False
    assert everything(agreed="true").values()["agreed"] is True


def test_boxes_none_of_which_is_ticked_mean_an_empty_list() -> None:
    assert everything().values()["colours"] == []


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("text", "field"),
        ("size", "radio"),
        ("colour", "radio"),
        ("many", "menu"),
        ("sure", "menu"),
        ("colours", "checkboxes"),
        ("agreed", "switch"),
        ("table", "files"),
        ("pictures", "files"),
    ],
)
def test_few_choices_stand_side_by_side_and_many_in_a_menu(name: str, drawn: str) -> None:
    assert {answer.name: answer.drawn for answer in everything()}[name] == drawn


def test_the_browser_knows_bounds_steps_and_files() -> None:
    drawn = {answer.name: str(answer()) for answer in everything() if answer.drawn != "menu"}
    assert 'max="600" min="1"' in drawn["number"]
    assert 'step="1" type="number"' in drawn["number"]
    assert 'max="1" min="0"' in drawn["share"]
    assert 'step="any"' in drawn["share"]
    assert "<textarea" in drawn["story"]
    assert 'type="password"' in drawn["password"]
    assert 'type="datetime-local"' in drawn["moment"]
    assert 'accept=".csv,.parquet,.xlsx"' in drawn["table"]
    assert " required" in drawn["text"]
    assert " required" not in drawn["limit"]
    assert "multiple" in drawn["pictures"]
    assert "multiple" not in drawn["table"]


def test_a_secret_is_never_drawn() -> None:
    (secret,) = (one for one in everything(password="hunter2") if one.name == "password")  # noqa: S106 - a test's
    assert "hunter2" not in str(secret())


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Annotated[int, Field(ge=1, le=9)], "1 to 9"),
        (Annotated[int, Field(gt=1)], "more than 1"),
        (Annotated[float, Field(lt=0.5, ge=0)], "at least 0, less than 0.5"),
        (Annotated[int, Field(multiple_of=5)], "a multiple of 5"),
        (Annotated[str, Field(min_length=1, max_length=100)], "at most 100 characters"),
        (Annotated[str, Field(min_length=3)], "at least 3 characters"),
        (Annotated[list[str], Field(min_length=1)], "one per line, at least 1 line"),
        (list[Annotated[int, Field(ge=1)]], "one per line, each at least 1"),
        (Annotated[list[Colour], Field(min_length=2, max_length=2)], "2 choices"),
        (Annotated[Upload, Accept(".csv")], ".csv, up to 5.0 GB"),
        (
            Annotated[list[Upload], Accept("image/*", ".pdf")],
            "any image or .pdf, up to 5.0 GB each",
        ),
        (AwareDatetime, "with its time zone, such as 2024-05-31T14:30Z"),
        (str, ""),
    ],
)
def test_a_hint_says_what_will_do_before_one_errs(annotation: Any, words: str) -> None:
    assert hint(question(annotation), LIMIT) == words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("number", "x", "Must be a whole number."),
        ("number", "1.5", "Must be a whole number."),
        ("number", 601, "Must be at most 600."),
        ("number", 0, "Must be at least 1."),
        ("share", 1, "Must be less than 1."),
        ("share", 0.0, "Must be more than 0."),
        ("share", "nan", "Must be a finite number."),
        ("share", "1,5", "Must be a number, such as 2.5."),
        ("text", "x", "Must have at least 2 characters."),
        ("text", "x" * 41, "Must have at most 40 characters."),
        ("text", None, "Must be text."),
        ("size", "medium", "Must be small, large or 3."),
        ("colour", "blue", "Must be red or green."),
        ("agreed", "perhaps", "Must be yes or no."),
        ("day", "31.5.2024", "Must be a date, such as 2024-05-31."),
        ("day", "2024-05-31T10:00", "Must be a date, such as 2024-05-31."),
        ("moment", "soon", "Must be a date and time, such as 2024-05-31T14:30."),
        ("hour", "25:00", "Must be a time, such as 14:30."),
        ("marks", [1, "x", 3], "Number 2: must be a whole number."),
        ("marks", [1, 2, 3, 4, 5], "There must be at most 4."),
        ("marks", "x", "Must be a list."),
        ("mapping", "{", "Must be JSON of the right form."),
        ("strange", 1, "There is no such input."),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(name: str, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EVERYTHING.parse({"text": "fine", "number": 1, name: value})
    told = {one.field: one.message for one in mistakes_in(caught.value)}
    assert told == {"table": "This is needed.", name: words}
