"""Declares commands as a file would, and runs them without a broker and a console."""

from itertools import count
from pathlib import Path

from tasks.kind import Kind
from tasks.kinds.commands.catalogue import Catalogue, read
from tasks.kinds.commands.kinds import declare

_numbers = count(1)


def catalogue_of(folder: Path, text: str) -> Catalogue:
    """Read a file with this content."""
    file = folder / "commands.toml"
    file.write_text(text, encoding="utf-8")
    return read(file, ["default"])


def command(folder: Path, body: str) -> Kind:
    """Return the kind that an entry with this body declares, under a name of its own."""
    name = f"tried_{next(_numbers)}"
    body = body.replace("[inputs.", f"[{name}.inputs.").replace(
        "[environment]", f"[{name}.environment]"
    )
    catalogue = catalogue_of(folder, f'[{name}]\ntitle = "Try"\n{body}')
    assert not catalogue.problems, [str(one) for one in catalogue.problems]
    return declare(name, catalogue.entries[name], folder / "commands.toml")


def script(folder: Path, text: str) -> str:
    """Return the name of a program beside the file, as an entry gives it."""
    path = folder / "program.sh"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return "./program.sh"
