"""Declares each entry of `commands.toml` as a kind of its own, as if somebody had programmed it."""

import logging
from pathlib import Path
from typing import Any

from tasks.app import app
from tasks.inputs import model_of
from tasks.kind import Kind, kind
from tasks.kinds.commands.arguments import openings
from tasks.kinds.commands.catalogue import read
from tasks.kinds.commands.endings import FailedForNow
from tasks.kinds.commands.entry import Entry
from tasks.kinds.commands.run import run

logger = logging.getLogger(__name__)


def declare(name: str, entry: Entry, file: Path) -> Kind:
    """Return an entry as a kind, which is a Celery task from here on.

    Args:
        name: of the kind.
        entry: one that is right.
        file: that declares it.
    """

    def command(**values: Any) -> str | None:
        return run(entry, file, values)

    command.__name__ = command.__qualname__ = name
    command.__doc__ = entry.help
    opens = set(openings(entry.command))
    fields = {one: asked.field(dash=one not in opens) for one, asked in entry.inputs.items()}
    return kind(
        title=entry.title,
        icon=entry.icon,
        queue=entry.queue,
        time_limit=entry.time_limit,
        retries=entry.retries,
        retry_for=(FailedForNow,),
        retry_delay=entry.retry_delay,
        inputs=model_of(name, fields),
        repeatable=entry.repeatable,
        version=entry.model_dump_json(),  # The declaration is what the kind does.
    )(command)


def declare_all(file: Path) -> dict[str, Kind]:
    """Return the kinds that a file declares, by name; what is wrong in it is logged.

    An entry that is wrong, or has the name of another kind, is left out.
    """
    catalogue = read(file, app.conf["QUEUES"], taken=app.tasks.keys())
    for problem in catalogue.problems:
        logger.log(logging.ERROR if problem.fatal else logging.WARNING, "%s", problem)
    return {name: declare(name, entry, file) for name, entry in catalogue.entries.items()}


# As the modules of other kinds declare theirs: when they are imported.
COMMANDS = declare_all(app.settings.commands)
