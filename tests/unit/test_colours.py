import random
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from tasks.ansi import plain
from webapp.colours import coloured

RED, END = "\x1b[31m", "\x1b[0m"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        (f"{RED}no{END} yes", '<span class="sgr-red">no</span> yes'),
        ("\x1b[1;32mok", '<span class="sgr-bold sgr-green">ok</span>'),
        ("\x1b[1mbold\x1b[22mnot", '<span class="sgr-bold">bold</span>not'),
        ("\x1b[1m\x1b[31mboth", '<span class="sgr-bold sgr-red">both</span>'),
        ("\x1b[41mon\x1b[49moff", '<span class="sgr-on-red">on</span>off'),
        ("\x1b[91mbright\x1b[mend", '<span class="sgr-red">bright</span>end'),
        ("\x1b[38;5;196mpalette", '<span class="sgr-red">palette</span>'),
        ("\x1b[38;5;240mgrey", "grey"),
        ("\x1b[38;2;20;200;30;1mtrue", '<span class="sgr-bold sgr-green">true</span>'),
        ("\x1b[38:2::20:200:30mcolons", '<span class="sgr-green">colons</span>'),
        ("\x1b[4:3mcurly", '<span class="sgr-underline">curly</span>'),
        ("\x1b[58;5;9mline\x1b[59m", "line"),
        ("\x1b[38;5mcut short", "cut short"),
        ("\x1b[30mblack\x1b[97mwhite", "blackwhite"),
        ("\x1b[999;38;7munknown", "unknown"),
    ],
)
def test_a_programs_colours_are_classes_of_ours(text: str, html: str) -> None:
    assert coloured(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "a\x1b[2Kb",
        "a\x1b[10;20Hb",
        "a\x1b[?25lb",
        "a\x1b]0;a title\x07b",
        "a\x1b]8;;javascript:alert(1)\x1b\\b\x1b]8;;\x1b\\",
        "a\x1bP+q544e\x1b\\b",
        "a\x1b(Bb",
        "a\x1b7b\x1b8",
        "a\x08\x07\x7f\x9bb",
        "ab\x1b[38;2;255",
        "ab\x1b]0;a title that was cut",
        "ab\x1b",
    ],
)
def test_every_other_sequence_is_dropped(text: str) -> None:
    assert coloured(text) == plain(text) == "ab"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        f"{RED}<img src=x onerror=alert(1)>{END}",
        '\x1b[31"onmouseover="alert(1)m<b>',
        "\x1b[31m</span></li><li>",
        "<scr\x1b[31mipt>",
        "&lt;\x1b[0m&#60;",
        '\x1b]8;;"><script>\x07x',
        "\x1b[<script>31m",
    ],
)
def test_no_text_becomes_markup(text: str) -> None:
    seen = Seen()
    seen.feed(str(coloured(text)))

    assert set(seen.tags) <= {("span", "class")}
    assert "<" not in re.sub(r'</?span(?: class="[a-z -]+")?>', "", str(coloured(text)))


def test_of_any_bytes_the_page_shows_the_text_that_the_log_file_has() -> None:
    chance = random.Random(4)  # noqa: S311 - a test's
    letters = "\x1b[]();:?0123456789mKHP\\\x07\x9b<>&\"'=ab \t"
    for _ in range(5_000):
        text = "".join(chance.choices(letters, k=chance.randrange(40)))
        html = str(coloured(text))

        shown = re.sub(r'</?span(?: class="[a-z -]+")?>', "", html)
        assert unescape(shown) == plain(text)
        assert "<" not in shown


def test_a_long_hostile_line_takes_no_time() -> None:
    for piece in ("\x1b[", "\x1b]", "\x1b[1;", "\x1b[31m", "\x1b[38;2;", "\x1b ", "\x1b[;;;;"):
        assert len(coloured(piece * 4_000)) < 1_000


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _value in attrs)))
