"""What tells that two jobs do the same: kind and code, inputs, and the contents of files."""

import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final

from tasks.kind import Kind

LENGTH: Final = 32  # hexadecimal digits; as good as never alike by chance
OWN_PACKAGES: Final = "tasks.kinds."  # Each package in there is the code of one kind.


@dataclass(frozen=True, slots=True)
class Signature:
    """What a kind asks for: the JSON schema of its inputs without defaults, and a digest of it."""

    digest: str
    asked: Mapping[str, Any]


def fingerprint(kind: Kind, row: Mapping[str, Any], owner: str) -> str | None:
    """Return what is alike for jobs that do the same, or None if nothing tells that of the kind.

    A file counts by its contents and its suffix, by which a kind may go, and not by its name or
    id; several files count in their order. With a secret among the inputs, jobs of one owner alone
    are alike: nobody finds out a secret of somebody else's by trying.

    Args:
        kind: what is to be done.
        row: its inputs, whole, as the ledger keeps them.
        owner: whose job it is.
    """
    if not kind.repeatable:
        return None
    sets = _sets(kind)
    told = {name: _told(value, ordered=name not in sets) for name, value in row.items()}
    secretive = owner if any(row.get(name) for name in kind.secrets) else ""
    return _digest(json.dumps([kind.name, code_of(kind), secretive, told], sort_keys=True))


def _told(value: Any, *, ordered: bool = True) -> Any:
    if isinstance(value, list):
        told = [_told(one) for one in value]
        return told if ordered else sorted(told, key=json.dumps)
    if isinstance(value, Mapping) and "sha256" in value:
        return {"sha256": value["sha256"], "suffix": PurePath(value["name"]).suffix.lower()}
    return value


@cache
def signature_of(kind: Kind) -> Signature:
    """Return what the kind asks for now."""
    schema = kind.inputs.model_json_schema()
    properties = {
        name: {key: value for key, value in asked.items() if key != "default"}
        for name, asked in schema.get("properties", {}).items()
    }
    asked = {"properties": properties, "required": schema.get("required", [])}
    asked |= {"$defs": schema["$defs"]} if "$defs" in schema else {}
    return Signature(_digest(json.dumps([kind.name, asked])), asked)


@cache
def code_of(kind: Kind) -> str:
    """Return a digest of the kind's source, and of the version that it declares.

    Its source is its module; or its package, where that is one of those in tasks/kinds/. What it
    takes from other packages is not in it. It is read once: a process that was started before a
    change tells the code that was there when it first asked.
    """
    digest = hashlib.sha256(kind.version.encode())
    for path in _source_of(kind):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:LENGTH]


def _source_of(kind: Kind) -> Iterator[Path]:
    module = inspect.getmodule(kind.function)
    if module is None or module.__file__ is None:
        return  # Declared where there is no file, as at a prompt: its version tells all.
    path = Path(module.__file__)
    if not (module.__package__ or "").startswith(OWN_PACKAGES):
        yield path
        return
    files = (one for one in path.parent.rglob("*") if one.is_file())
    yield from sorted(one for one in files if "__pycache__" not in one.parts)


@cache
def _sets(kind: Kind) -> frozenset[str]:
    """Return the inputs that have no order, though JSON gives them one."""
    properties = signature_of(kind).asked["properties"]
    return frozenset(name for name, asked in properties.items() if "uniqueItems" in str(asked))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]
