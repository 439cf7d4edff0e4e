"""What is searched of a job: words, taken from a text and from a question in the same way."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST_WORD: Final = 60  # characters; both databases refuse words of some length
MOST: Final = 2000  # characters of one job's text

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> Iterator[str]:
    """Yield the words of a text, without case, accents and all that is not a letter or a digit.

    Both databases are given these words alone, for each of them would divide a text differently.
    """
    for found in _WORD.finditer(_letters(text)):
        yield found[0][:LONGEST_WORD]


def _letters(text: str) -> str:
    if text.isascii():  # As most are, and then nothing has to be taken off its letters.
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))


def searchable(*parts: str) -> str:
    """Return texts as they are kept to be searched: words with a space between, not too many."""
    # Cut first as well: of a long text nothing is read that is left out in the end.
    text = " ".join(word for part in parts for word in words_of(part[:MOST]))
    return text if len(text) <= MOST else text[:MOST].rpartition(" ")[0]
