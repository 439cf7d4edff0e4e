"""What a check of a deployment found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer; `repair` says what to do where it is not good."""

    name: str
    verdict: Verdict
    words: str
    repair: str = ""
