"""What failed jobs have in common, and what of it sets them apart from jobs that succeeded."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from ledger.failed_jobs import Sampled
from tasks.inputs import shown
from webapp.questions import Question
from webapp.words import number, size

MOST: Final = 0.9  # of the failures must have what is called common to them
CHANCE: Final = 0.01  # how likely chance may be where something is said to set them apart
SHORT: Final = 60  # characters of a text that is compared as it is
SHOWN: Final = 6

# A trait is what is compared of one job: what it is of, and what is said of that.
Trait = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """A trait that failures share, with the shares from 0 to 1 of jobs that have it.

    `apart` says that the successes have it too seldom for chance.
    """

    of: str
    words: str
    failed: float
    succeeded: float | None
    apart: bool


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of a job that is compared by its size; `in_bytes` says how it is written."""

    value: float
    in_bytes: bool = False

    def __str__(self) -> str:
        return size(self.value) if self.in_bytes else number(self.value)


def likenesses(
    failed: Sequence[Sampled],
    succeeded: Sequence[Sampled],
    asked: Mapping[str, Question],
    secrets: frozenset[str],
) -> list[Likeness]:
    """Return what the failures share, what sets them apart first.

    Args:
        failed: a sample of failures; of none nothing is said.
        succeeded: a sample of successes of the same kind and time.
        asked: the questions of the kind's form; no other input is looked at.
        secrets: inputs that nobody may see; they are not looked at either.
    """
    if not failed:
        return []
    open_to_all = {name: one for name, one in asked.items() if name not in secrets}
    traits = [set(_traits(one, open_to_all)) for one in failed]
    others = [set(_traits(one, open_to_all)) for one in succeeded]
    found = [*_shared(traits, others), *_sized(failed, succeeded, open_to_all)]
    named = {one.of for one in found if one.apart}
    # A range says nothing beside an equal value that sets apart already.
    kept = [one for one in found if one.apart or one.of not in named]
    kept.sort(key=lambda one: (not one.apart, (one.succeeded or 0) - one.failed))
    return kept[:SHOWN]


def _shared(failed: Sequence[set[Trait]], others: Sequence[set[Trait]]) -> Iterator[Likeness]:
    ours, theirs = (Counter(trait for one in some for trait in one) for some in (failed, others))
    for (of, words), count in ours.items():
        if count >= MOST * len(failed):
            yield _likeness(of, words, count, len(failed), theirs[of, words], len(others))


def _sized(
    failed: Sequence[Sampled], others: Sequence[Sampled], asked: Mapping[str, Question]
) -> Iterator[Likeness]:
    """Yield from where on, or up to where, the failures' numbers are, where that sets apart."""
    ours = [dict(_amounts(one, asked)) for one in failed]
    theirs = [dict(_amounts(one, asked)) for one in others]
    for of in set.intersection(*(set(one) for one in ours)):
        low = min((one[of] for one in ours), key=lambda one: one.value)
        high = max((one[of] for one in ours), key=lambda one: one.value)
        if low.value == high.value:
            continue
        values = [one[of].value for one in theirs if of in one]
        above = sum(value >= low.value for value in values)
        below = sum(value <= high.value for value in values)
        for words, count in ((f"{low} or more", above), (f"{high} or less", below)):
            one = _likeness(of, words, len(failed), len(failed), count, len(values))
            if one.apart:
                yield one


def _likeness(of: str, words: str, has: int, of_failed: int, others: int, of_all: int) -> Likeness:  # noqa: PLR0913, PLR0917 - two numbers of two samples
    # Were it chance, so many failures would have it about so often; one doubt for each side.
    share = (others + 1) / (of_all + 2)
    apart = bool(of_all) and share**has <= CHANCE
    return Likeness(of, words, has / of_failed, others / of_all if of_all else None, apart)


def _traits(job: Sampled, asked: Mapping[str, Question]) -> Iterator[Trait]:
    yield "Submitted by", job.owner
    if job.worker:
        yield "Ran on", job.worker
    for name, question in asked.items():
        if name in job.inputs:
            for words in _said(job.inputs[name]):
                yield question.label, words


def _said(value: Any) -> Iterator[str]:
    """Yield what can be said of one input so that another may be the same."""
    if value is None or value in ("", [], {}):
        yield "empty"
    elif _is_file(value):
        yield f"a file *{PurePath(value['name']).suffix.lower() or ' without a suffix'}"
    elif isinstance(value, list):
        yield from {words for one in value[:SHORT] for words in _said(one)}
    elif isinstance(value, Mapping):
        return
    elif len(text := shown(value)) <= SHORT:
        yield text


def _amounts(job: Sampled, asked: Mapping[str, Question]) -> Iterator[tuple[str, Amount]]:
    for name, question in asked.items():
        value = job.inputs.get(name)
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, int | float):
            yield question.label, Amount(value)
        elif isinstance(value, str):
            yield f"{question.label}, characters", Amount(len(value))
        elif isinstance(value, list):
            yield f"{question.label}, how many", Amount(len(value))
        files = [one for one in (value if isinstance(value, list) else [value]) if _is_file(one)]
        if files:
            yield f"{question.label}, largest file", Amount(max(one["size"] for one in files), True)


def _is_file(value: Any) -> bool:
    return isinstance(value, Mapping) and "sha256" in value and "size" in value
