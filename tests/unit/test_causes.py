"""What two failures must share to be one, and what they may differ in."""

import string
import traceback
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.causes import MOST_KEPT, Origin, last_line_first, normalised, origin, reason_of
from ledger.record import Cause, Error

settings.register_profile("quick", max_examples=60, deadline=None, database=None)
settings.load_profile("quick")

WORDS = st.lists(
    st.text(string.ascii_lowercase, min_size=1, max_size=9), min_size=1, max_size=8
).map(" ".join)
NAMES = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12)
PATHS = st.lists(NAMES, min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts))
DIFFERING = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
    st.integers(min_value=0).map(hex),
    st.uuids().map(str),
    st.datetimes().map(str),
    st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    PATHS,
    PATHS.map(lambda path: f"https://example.org{path}?page=2"),
    st.text(max_size=40).map(repr),
    st.binary(max_size=20).map(repr),
)


@given(st.text(max_size=600))
def test_a_normalised_message_stays_as_it_is(message: str) -> None:
    once = normalised(message)

    assert normalised(once) == once
    assert len(once) <= MOST_KEPT


@given(st.lists(st.one_of(WORDS, DIFFERING), max_size=12).map(" ".join))
def test_so_does_one_of_words_and_values(message: str) -> None:
    assert normalised(normalised(message)) == normalised(message)


@given(WORDS, st.lists(DIFFERING, min_size=1, max_size=4), WORDS)
def test_what_differs_from_job_to_job_leaves_no_digit(
    before: str, values: list[str], after: str
) -> None:
    message = normalised(f"{before} {' '.join(values)} {after}")

    assert message.startswith(before)
    assert not any(character in string.digits for character in message)


@given(WORDS, st.integers(), st.integers(), PATHS, PATHS)
def test_messages_alike_but_for_their_values_become_one(
    words: str, one: int, other: int, here: str, there: str
) -> None:
    assert normalised(f"{words}: {one} of {here}") == normalised(f"{words}: {other} of {there}")
    assert normalised(f"{words} '{here}'") == normalised(f"{words} '{there} {one}'")


@given(WORDS, WORDS)
def test_other_words_are_another_cause(one: str, other: str) -> None:
    assert (normalised(one) == normalised(other)) == (one == other)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("can't open 'a b.png', it isn't there", "can't open <value>, it isn't there"),
        (
            "[type=missing, input_value={'name': 'A...40, 'format': 'web', input_type=dict]",
            "[type=missing, input_value=<value>, input_type=dict]",
        ),
        ("Ada's 'own' words", "Ada's <value> words"),
        (f"no job {uuid.UUID(int=7)}", "no job <id>"),
        ("at 0x7F12 and b3f2a91c77", "at <hex> and <id>"),
        ("a dead beefsteak is a facade", "a dead beefsteak is a facade"),
        ("2024-05-01T12:03:04.123Z: read and/or write", "<time>: read and/or write"),
        ("data/in/x.csv and ../x and ~/x", "<path> and <path> and <path>"),
        ("got 12,345.6 of -3 (1e-9)", "got <number> of <number> (<number>)"),
        ("\n\n first  line\n\nsecond\nthird\nfourth", "first line second third"),
        ("", ""),
    ],
)
def test_a_message_keeps_its_words(message: str, expected: str) -> None:
    assert normalised(message) == expected


@pytest.mark.parametrize(
    "part", ["input_value=", "'", '"', "\\", "/", "a/", "9", "f9", "<", "'a", "::", "1:", "b'"]
)
@pytest.mark.timeout(5)
def test_no_message_takes_long(part: str) -> None:
    normalised(part * 100_000)


def test_a_failure_was_born_in_the_last_frame_of_our_own() -> None:
    text = _traceback_of(lambda: uuid.UUID("x"))

    found = origin(text)

    assert (found.file, found.function) == ("unit/test_causes.py", "<lambda>")
    assert found.line > 0
    assert found.place == "unit/test_causes.py in <lambda>"


def test_the_place_of_a_failure_is_that_of_its_last_exception() -> None:
    def second() -> None:
        try:
            uuid.UUID("x")
        except ValueError as error:
            raise OSError("again") from error

    assert origin(_traceback_of(second)).function == "second"


def test_installed_packages_are_not_ours() -> None:
    text = (
        '  File "/srv/app/tasks/kinds/a.py", line 3, in a\n'
        '  File "/srv/app/.venv/lib/python3.11/site-packages/PIL/Image.py", line 9, in open\n'
    )
    assert origin(text) == Origin("kinds/a.py", "a", 3)
    assert origin(text.splitlines()[1]) == Origin("PIL/Image.py", "open", 9)
    assert origin("") == Origin()


def test_an_edit_above_makes_no_other_cause() -> None:
    def reason(line: int, function: str) -> str:
        text = f'  File "/srv/tasks/kinds/a.py", line {line}, in {function}\n'
        return reason_of("a", Cause.ERROR, Error("OSError", "no", text)).id

    assert reason(3, "a") == reason(99, "a")
    assert reason(3, "a") != reason(3, "b")


def test_what_a_job_was_given_is_no_part_of_its_reason() -> None:
    def message(words: str, **inputs: object) -> str:
        return reason_of("a", Cause.ERROR, Error("E", words), inputs=inputs).message

    assert message("Ada Lovelace did not greet", name="Ada Lovelace") == "<name> did not greet"
    assert message("no hunter2 here", size2="hunter2") == "no <size> here"
    picture = {"name": "cat of Ada.png", "sha256": "0"}
    assert message("cat of Ada.png is odd", pictures=[picture]) == "<pictures> is odd"
    assert message("it failed to fail", ending="fail", a="it", b=None) == "it failed to <ending>"


def test_the_last_line_of_a_traceback_comes_first() -> None:
    text = _traceback_of(lambda: uuid.UUID("x"))

    words, frames = last_line_first(text)

    assert words == "ValueError: badly formed hexadecimal UUID string"
    assert frames.startswith("Traceback (most recent call last):")
    assert f"{frames}\n{words}\n" == text


def test_words_of_several_lines_stay_together() -> None:
    def fails() -> None:
        raise ValueError("one\ntwo\n  three")

    words, frames = last_line_first(_traceback_of(fails))

    assert words == "ValueError: one\ntwo\n  three"
    assert frames.endswith('raise ValueError("one\\ntwo\\n  three")')
    assert last_line_first("only words") == ("only words", "")


def _traceback_of(fails: object) -> str:
    assert callable(fails)
    try:
        fails()
    except (OSError, ValueError) as error:
        return "".join(traceback.format_exception(error))
    raise AssertionError("It should have failed.")
