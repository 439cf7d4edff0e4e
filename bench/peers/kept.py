"""The ratios of the last run that somebody chose to keep, for later runs to be held against."""

import json
from collections.abc import Mapping
from pathlib import Path

from bench.peers.summary import Row

FIGURES = Path(__file__).parent.parent / "figures.json"
_SECTION = "peers"


def read(path: Path = FIGURES) -> dict[str, dict[str, float]]:
    """Return each system's ratios to plain Celery; nothing if none were kept."""
    found: dict[str, dict[str, float]] = _all(path).get(_SECTION, {})
    return found


def write(rows: Mapping[str, Row], path: Path = FIGURES) -> None:
    """Keep the ratios of these systems, and leave those of others as they are."""
    whole = _all(path)
    whole[_SECTION] = read(path) | {name: row.ratios for name, row in rows.items() if row.ratios}
    path.write_text(json.dumps(whole, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _all(path: Path) -> dict[str, dict[str, dict[str, float]]]:
    if not path.exists():
        return {}
    found: dict[str, dict[str, dict[str, float]]] = json.loads(path.read_text(encoding="utf-8"))
    return found
