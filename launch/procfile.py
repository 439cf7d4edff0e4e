"""The Procfile: which programs make Postroom, one line each."""

import re
from pathlib import Path

from launch.errors import LaunchError

_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(.+)")


def read(path: Path) -> dict[str, str]:
    """Return the shell command of each process by its name, in the file's order.

    Raises:
        LaunchError: there is no such file, or a line is neither a comment nor `name: command`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LaunchError(f"{path}: {error.strerror}") from error
    commands: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise LaunchError(f"{path}, line {number}: expected `name: command`")
        commands[match[1]] = match[2]
    return commands
