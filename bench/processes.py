"""What processes cost: time on the processor, memory, and what of that is theirs alone."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """In MiB: `rss` is what is mapped, `pss` a fair share of that, `uss` what nobody shares."""

    rss: float
    pss: float
    uss: float


def children(pid: int) -> list[int]:
    """Return a process's children, the first one first."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def seconds(pid: int) -> float:
    """Return how long a process has kept a processor busy."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def threads(pid: int) -> int:
    """Return how many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def memory(pid: int) -> Memory:
    """Return how much memory a process has."""
    found: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        found[name] = int(rest.split()[0])
    private = found["Private_Clean"] + found["Private_Dirty"]
    return Memory(found["Rss"] / 1024, found["Pss"] / 1024, private / 1024)
