"""How a long way is told in steps: parts of a whole, and the rows that pass through a query."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import polars as pl

Tell = Callable[[float, float, str], object]
"""Takes what is done, the whole of it, and words for what is being done."""

Result = TypeVar("Result")

PAUSE = 0.3  # seconds between two looks at a running query


def part(tell: Tell, begin: float, end: float) -> Tell:
    """Return a `Tell` whose whole is the way from `begin` to `end`, in hundredths of `tell`'s."""

    def say(done: float, total: float, text: str) -> None:
        share = min(done / total, 1.0) if total else 1.0
        tell(round(begin + (end - begin) * share, 1), 100, text)

    return say


class Meter:
    """Counts the rows that pass through a query, and ends the query when nobody waits for it."""

    def __init__(self) -> None:
        self.rows = 0
        self._deserted = False

    def through(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Return the frame with the meter built in."""
        return frame.map_batches(self._pass, streamable=True, validate_output_schema=False)

    def _pass(self, batch: pl.DataFrame) -> pl.DataFrame:
        if self._deserted:
            raise InterruptedError("nobody waits for this query any more")
        self.rows += batch.height
        return batch

    def follow(self, query: Callable[[], Result], rows: int, tell: Tell, text: str) -> Result:
        """Run the query in a thread and tell how many of about `rows` rows have passed.

        Whatever `tell` raises (a job is cancelled there) ends the query at its next batch.
        """
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(query)
            try:
                while not wait([running], PAUSE).done:
                    tell(min(self.rows, rows), rows, f"{text}: {self.rows:,} rows")
            finally:
                self._deserted = True
            return running.result()
