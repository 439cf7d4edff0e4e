"""Works on pictures in several threads, as many at a time as there are threads and memory for."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from tasks.kinds.images import moving, sniff, still
from tasks.kinds.images.facts import Fact, Skipped
from tasks.kinds.images.opening import animated, opened
from tasks.kinds.images.options import SUFFIXES, Options
from tasks.kinds.images.rooms import Room
from tasks.kinds.images.sources import Source
from tasks.kinds.images.work import Shrunk, Work

MEMORY = 400_000_000  # bytes that decoded pictures take at a time, but for one that is larger
AHEAD = 2  # pictures for each thread that wait for it, done or not begun
PAUSE = 0.5  # seconds until a caller hears that nothing is finished yet


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a picture; without `shrunk` it was skipped."""

    fact: Fact
    shrunk: Shrunk | None = None


def worked(
    sources: Iterable[Source], options: Options, threads: int, scratch: Path
) -> Iterator[Finished | None]:
    """Yield what became of each picture, in about their order, and None where that takes time.

    A caller that stops to ask leaves nothing behind but the pictures that are in work just then,
    which nobody reads.
    """
    room = Room(MEMORY)
    work = partial(_finish, work=Work(options, threads, room), scratch=scratch)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="picture")
    try:
        yield from _in_turn(pool, iter(sources), work, AHEAD * threads)
    finally:
        room.close()
        # Not waited for: who cancels a job does not wait for the encoder of a large picture.
        pool.shutdown(wait=False, cancel_futures=True)


def _in_turn(
    pool: ThreadPoolExecutor,
    sources: Iterator[Source],
    work: Callable[[Source], Finished],
    ahead: int,
) -> Iterator[Finished | None]:
    pending: set[Future[Finished]] = set()
    while True:
        pending |= {pool.submit(work, source) for source in islice(sources, ahead - len(pending))}
        if not pending:
            return
        done, pending = wait(pending, PAUSE, FIRST_COMPLETED)
        yield from (future.result() for future in done)
        if not done:
            yield None


def _finish(source: Source, *, work: Work, scratch: Path) -> Finished:
    try:
        with source.open(scratch) as file, opened(file) as image:
            shrunk = (moving if animated(image) else still).shrink(image, work)
    except Skipped as skipped:
        return Finished(source.skipped(str(skipped)))
    return Finished(_fact(source, shrunk), shrunk)


def _fact(source: Source, shrunk: Shrunk) -> Fact:
    notes = list(shrunk.notes)
    if sniff.misnamed(source.name, shrunk.found):
        notes.insert(0, f"{sniff.called(shrunk.found)}, whatever its name says")
    return Fact(
        number=source.number,
        name=source.name,
        before=source.size,
        width_before=shrunk.before[0],
        height_before=shrunk.before[1],
        result=f"{source.stem}.{SUFFIXES[shrunk.written]}",
        after=len(shrunk.data),
        width=shrunk.after[0],
        height=shrunk.after[1],
        note="; ".join(notes),
    )
