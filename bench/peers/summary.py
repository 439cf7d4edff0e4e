"""What many rounds come to: medians, and ratios to plain Celery of the same round."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.peers.systems import REFERENCE
from bench.peers.turn import Figures

Round = Mapping[str, Figures]


@dataclass(frozen=True)
class Row:
    """What is said of one system; None is what was not measured.

    Rates are jobs per second, `cpu`, `p50` and `p99` milliseconds, `memory` MiB, `again` and
    `worst` seconds. `never` says that a job did not run again in the time that it was given.
    `ratios` are to plain Celery, by the name of the figure.
    """

    accepts: float
    drains: float
    cpu: float | None
    p50: float
    p99: float
    memory: float
    again: float | None
    worst: float | None
    never: bool
    many: float | None
    ratios: dict[str, float]


def rows(rounds: Sequence[Round]) -> dict[str, Row]:
    """Return a row for each system that was measured in every round, in their order."""
    names = [name for name in rounds[0] if all(name in one for one in rounds)] if rounds else []
    return {name: _row(name, rounds) for name in names}


def percentile(values: Iterable[float], percent: int) -> float:
    """Return the value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _row(name: str, rounds: Sequence[Round]) -> Row:
    mine = [one[name] for one in rounds]
    idle = [value for one in mine for value in one.idle]
    kills = [value for one in mine for value in one.again]
    again = [value for value in kills if value is not None]
    return Row(
        accepts=statistics.median(one.accepts for one in mine),
        drains=statistics.median(one.drains for one in mine),
        cpu=_median(one.cpu for one in mine),
        p50=percentile(idle, 50),
        p99=percentile(idle, 99),
        memory=statistics.median(one.memory for one in mine),
        again=_median(again),
        worst=max(again, default=None),
        never=None in kills,
        many=_median(one.many for one in mine),
        ratios=_ratios(name, rounds),
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


_COMPARED: Mapping[str, Callable[[Figures], float | None]] = {
    "accepts": lambda figures: figures.accepts,
    "drains": lambda figures: figures.drains,
    "cpu": lambda figures: figures.cpu,
    "p50": lambda figures: percentile(figures.idle, 50),
    "p99": lambda figures: percentile(figures.idle, 99),
    "memory": lambda figures: figures.memory,
}


def _ratios(name: str, rounds: Sequence[Round]) -> dict[str, float]:
    """Return the medians of each figure's ratios, each within one round."""
    if any(REFERENCE not in one for one in rounds):
        return {}
    found = {
        figure: _median(_ratio(of(one[name]), of(one[REFERENCE])) for one in rounds)
        for figure, of in _COMPARED.items()
    }
    return {figure: round(ratio, 3) for figure, ratio in found.items() if ratio is not None}


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None
