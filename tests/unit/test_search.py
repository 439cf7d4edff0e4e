"""What is typed into the search box, what it means, and what is said where it means nothing."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from ledger.filters import Filter, Standing
from webapp.search import Around, parse

NOW = datetime(2026, 3, 5, 14, 30, tzinfo=UTC)
AROUND = Around("ada", NOW, kinds=("images", "media", "hello"), queues=("default", "video"))
TODAY = datetime(2026, 3, 5, tzinfo=UTC)


def meant(text: str) -> Filter:
    search = parse(text, AROUND)
    assert search.mistakes == ()
    assert search.text == text
    return search.filter


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Filter()),
        ("  \t\n ", Filter()),
        (
            'state:failed kind:images by:me since:yesterday "connection refused"',
            Filter(
                states=(Standing.FAILED,),
                kinds=("images",),
                owners=("ada",),
                since=TODAY - timedelta(days=1),
                words=("connection refused",),
            ),
        ),
        (
            "State:FAILED,crashed state:failed",
            Filter(states=(Standing.FAILED, Standing.CRASHED)),
        ),
        ("state:revoked", Filter(states=(Standing.CANCELLED,))),
        (
            "state:pending",
            Filter(states=(Standing.QUEUED, Standing.SCHEDULED, Standing.UNSENT, Standing.HELD)),
        ),
        ('by:"Ada, Countess" by:grace', Filter(owners=("Ada, Countess", "grace"))),
        ('"a ""quoted"" word"* refus*', Filter(words=('a "quoted" word*', "refus*"))),
        ('"state:failed"', Filter(words=("state:failed",))),
        ("until:today", Filter(until=TODAY + timedelta(days=1))),
        ("until:2026-03-04", Filter(until=TODAY)),
        ("since:2026-03-04 until:2026-03-04", Filter(since=TODAY - timedelta(days=1), until=TODAY)),
        ("since:2026-03-05T10:00+02:00", Filter(since=TODAY + timedelta(hours=8))),
        ("since:2h", Filter(since=NOW - timedelta(hours=2))),
        ("error:OSError batch:b7", Filter(errors=("OSError",), batches=("b7",))),
        ('""', Filter()),
    ],
)
def test_a_search_means(text: str, wanted: Filter) -> None:
    assert meant(text) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stat:failed", "No qualifier is called stat. Did you mean state?"),
        ("http://x", "in quotes"),
        ("state:fialed", "Did you mean failed?"),
        ("state:fialed", "waiting, queued"),
        ("state:", "state: needs a value, such as state:failed."),
        ("since:whenever", "'whenever' is no moment. since: takes today, yesterday"),
        ("since:2026-13-01", "is no moment"),
        ("since:9999999w", "is no moment"),
        ("since:1h since:2h", "since: can be said only once."),
        ("since:today until:yesterday", "No job can match"),
        ('by:me "connection', "not closed"),
        ("by:me 🦊 ---", "Only letters and digits are searched for: 🦊 and --- has none."),
        ("-state:failed", "A minus takes nothing out"),
    ],
)
def test_what_is_not_understood_is_said_and_kept(text: str, words: str) -> None:
    search = parse(text, AROUND)

    assert any(words in mistake for mistake in search.mistakes), search.mistakes
    assert search.text == text


def test_every_mistake_is_told() -> None:
    assert len(parse("stat:x state:y since:z", AROUND).mistakes) == 3


def test_a_name_that_nothing_has_now_is_a_doubt() -> None:
    search = parse("kind:imags queue:gone", AROUND)

    assert search.filter == Filter(kinds=("imags",), queues=("gone",))
    assert "Did you mean images?" in search.doubts[0]
    assert "default and video" in search.doubts[1]


def test_what_can_not_be_searched_for_is_left_out_beside_other_words_and_told() -> None:
    search = parse('holiday & "-" -x:y', AROUND)

    assert search.filter.words[0] == "holiday"
    assert search.doubts == (
        "& is left out: only letters and digits are searched for.",
        '"-" is left out: only letters and digits are searched for.',
    )


def test_parts_can_be_taken_out_and_put_in() -> None:
    search = parse('state:failed  kind:images "a b"', AROUND)

    assert search.without(search.parts[1]) == 'state:failed "a b"'
    assert search.but("state", "running") == 'state:running kind:images "a b"'
    assert search.but("state", None) == 'kind:images "a b"'


LETTERS = 'ab ,:"*é-\t/Z9'


def any_text(chance: random.Random) -> str:
    return "".join(chance.choices(LETTERS, k=chance.randrange(1, 8)))


def any_filter(chance: random.Random) -> Filter:
    def some() -> tuple[str, ...]:
        return tuple(dict.fromkeys(any_text(chance) for _ in range(chance.randrange(3))))

    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randrange(10**12))
    return Filter(
        states=tuple(chance.sample(list(Standing), chance.randrange(4))),
        kinds=some(),
        owners=some(),
        queues=some(),
        errors=some(),
        batches=some(),
        since=chance.choice([None, moment]),
        until=chance.choice([None, moment + timedelta(seconds=1)]),
        words=tuple(f"a{one}" for one in some()),
    )


def test_the_text_and_the_json_of_any_filter_mean_the_same() -> None:
    chance = random.Random(6)  # noqa: S311 - the same ones each time
    for _ in range(2000):
        wanted = any_filter(chance)

        assert meant(wanted.as_text()) == wanted
        assert Filter.from_json(wanted.as_json()) == wanted


def test_any_text_is_read_and_kept() -> None:
    chance = random.Random(7)  # noqa: S311 - the same ones each time
    for _ in range(2000):
        text = " ".join(any_text(chance) for _ in range(3))
        search = parse(text, AROUND)

        assert search.text == text
        assert search.mistakes or meant(search.filter.as_text()) == search.filter


def test_an_empty_piece_of_json_is_refused() -> None:
    with pytest.raises(ValueError, match="fialed"):
        Filter.from_json({"states": ["fialed"]})
