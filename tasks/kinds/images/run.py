"""Leads pictures from what was given to one ZIP, a contact sheet and a table of sizes."""

import logging
import time
import warnings
import zipfile
from collections.abc import Sequence

from PIL import AvifImagePlugin, Image

from tasks.context import output, progress, scratch
from tasks.cores import cores
from tasks.inputs import Upload
from tasks.kind import BadInput
from tasks.kinds.images import report
from tasks.kinds.images.facts import Fact
from tasks.kinds.images.opening import MOST_PIXELS
from tasks.kinds.images.options import Options
from tasks.kinds.images.parts import Parts
from tasks.kinds.images.pipeline import worked
from tasks.kinds.images.sheet import Sheet
from tasks.kinds.images.sources import Source, Sources
from tasks.kinds.images.words import amount, change, size

logger = logging.getLogger(__name__)

SHEET, ZIP, CSV = "contact-sheet.jpg", "pictures.zip", "pictures.csv"


def run(uploads: Sequence[Upload], options: Options) -> dict[str, object]:
    """Work on every picture that was given; return what a person wants to know first.

    Raises:
        BadInput: none of them could be worked on.
    """
    _set_up_pillow()
    parts = Parts(scratch())
    with warnings.catch_warnings(), Sources.of(uploads) as sources:
        # It warns of what is large, and of what is broken and still can be read; both is told here.
        warnings.filterwarnings("ignore", module="PIL")
        _work(sources, parts, options)
    facts = [parts.facts[number] for number in sorted(parts.facts)]
    if not any(fact.result for fact in facts):
        raise BadInput(report.nothing(facts))
    _write(parts, facts)
    return report.result(facts, CSV)


def _set_up_pillow() -> None:
    # Else the first threads would load its formats at the same time.
    Image.init()
    # It warns of pictures from here on, and refuses those of twice as many pixels.
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2
    # By itself it takes every CPU of the machine to decode one picture.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # What it says of a broken picture, without its name, is said here with it.
    logging.getLogger("PIL").setLevel(logging.CRITICAL)


def _work(sources: Sources, parts: Parts, options: Options) -> None:
    total, threads = len(sources.found), cores()
    given = sum(source.size for source in sources.found)
    logger.info("%s, %s, in %s.", amount(total, "file"), size(given), amount(threads, "thread"))
    parts.take_up()
    missing = [source for source in sources.found if not _is_done(source, parts)]
    _tell(parts, total)
    for finished in worked(missing, options, threads, scratch()):
        if finished is not None:
            parts.add(finished)
            _log(finished.fact)
        _tell(parts, total)


def _is_done(source: Source, parts: Parts) -> bool:
    """Return whether an earlier attempt did this very picture, by the same plan."""
    fact = parts.facts.get(source.number)
    if fact is not None and fact.name != source.name:
        del parts.facts[source.number]
        return False
    return fact is not None


def _tell(parts: Parts, total: int) -> None:
    progress(len(parts.facts), total, "resizing the pictures")


def _log(fact: Fact) -> None:
    if fact.why:
        logger.warning("%s is skipped: it %s.", fact.name, fact.why)
    elif fact.note:
        logger.info("%s: %s.", fact.name, fact.note)


def _write(parts: Parts, facts: Sequence[Fact]) -> None:
    done = [fact for fact in facts if fact.result]
    sheet, packed, table = output(SHEET), output(ZIP), output(CSV)  # Shown in this order.
    contact = Sheet(len(done))
    now = time.localtime()[:6]
    with zipfile.ZipFile(packed, "w") as archive:
        for picture in parts.pictures():
            entry = zipfile.ZipInfo(picture.fact.result, now)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, picture.data)
            contact.add(picture.fact, picture.thumb)
            progress(len(facts), len(facts), "packing the pictures")
    contact.write(sheet)
    report.write_csv(facts, table)
    before, after = sum(fact.before for fact in done), sum(fact.after for fact in done)
    logger.info(
        "%s: %s before, %s after (%s).",
        amount(len(done), "picture"),
        size(before),
        size(after),
        change(before, after),
    )
    if len(done) < len(facts):
        logger.warning("%s skipped.", amount(len(facts) - len(done), "file"))
