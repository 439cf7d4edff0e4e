"""TCP ports on loopback: which are free, and who holds the others."""

import errno
import os
import random
import socket
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from launch.errors import LaunchError

# Browsers open no page there, for other protocols have them (WHATWG, Fetch, "port blocking").
_BLOCKED = frozenset(
    {
        *(1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566),
        *(*range(6665, 6670), 6679, 6697, 10080),
    }
)
_LISTENING = "0A"  # The state's number in the kernel's tables of sockets.


@dataclass(frozen=True)
class Need:
    """A port that a start needs.

    `setting` is the environment variable that chooses it, and `choice` what to write there for
    another port, with `{port}` in the number's place. `held_by` says who holds the port, where the
    caller knows better than the kernel.
    """

    port: int
    setting: str
    purpose: str
    host: str = "127.0.0.1"
    choice: str = "{port}"
    held_by: str = ""


def require(needs: Iterable[Need]) -> None:
    """Check that every needed port can be had.

    Raises:
        LaunchError: some can't; the message names each, its holder, and other ports that are free.
    """
    needs = list(needs)
    wanted = [need.port for need in needs]
    taken = {need: why for need in needs if (why := _obstacle(need, wanted))}
    if not taken:
        return
    lines = ["Postroom can't start here:"]
    lines += [f"  port {need.port} ({need.purpose}) {why}" for need, why in taken.items()]
    lines += ["Choose others, for example:", f"  {' '.join(_choices(taken, wanted))} bin/run"]
    raise LaunchError("\n".join(lines), code=2)


def _choices(taken: Iterable[Need], wanted: list[int]) -> list[str]:
    """Return settings that would do: for each taken port the next one that nobody wants."""
    choices = []
    avoid = set(wanted)
    for need in taken:
        [port] = free_from(need.port + 1, but=avoid)
        avoid.add(port)
        choices.append(f"{need.setting}={need.choice.format(port=port)}")
    return choices


def _obstacle(need: Need, wanted: list[int]) -> str:
    """Say why a port can't be had; "" if it can."""
    if wanted.count(need.port) > 1:
        return "is wanted twice: each part needs a port of its own"
    if need.port in _BLOCKED:
        return "is one at which browsers open no page"
    try:
        _bind(need.host, need.port).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"is held by {need.held_by or holder(need.port)}"
        return f"can't be used: {error.strerror} ({need.host})"
    return ""


def free_from(first: int, count: int = 1, but: Collection[int] = ()) -> list[int]:
    """Return the lowest `count` free ports on loopback, from `first` upwards, none of `but`.

    Of all of them a browser opens pages.
    Below 32768 they stay free while nobody listens: the kernel gives those to no client.

    Raises:
        LaunchError: there are not so many.
    """
    found: list[int] = []
    for port in range(first, 65_536):
        if port in but or port in _BLOCKED:
            continue
        try:
            _bind("127.0.0.1", port).close()
        except OSError:
            continue
        found.append(port)
        if len(found) == count:
            return found
    raise LaunchError(f"No {count} free ports from {first} upwards on 127.0.0.1.")


def free(count: int = 1, but: Collection[int] = ()) -> list[int]:
    """Return `count` different ports that are free on loopback, anywhere below the clients' range.

    None of `but` is among them. Two callers at the same time hardly ever get the same; and a server
    that is stopped and started again finds its port still free, which one from the clients' range
    need not be.

    Raises:
        LaunchError: there are not so many.
    """
    return free_from(random.randrange(10_000, 30_000), count, but)  # noqa: S311  # No secret.


def _bind(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # As servers do, so that connections that are only fading away don't count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def holder(port: int) -> str:
    """Name the process that listens on a port, as far as this user may know it."""
    inodes = _listening_inodes(port)
    for process in Path("/proc").glob("[0-9]*"):
        if inodes & _socket_inodes(process):
            return f"{_name(process)} (process {process.name})"
    return "a process that only root can name" if os.geteuid() else "an unknown process"


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found


def _socket_inodes(process: Path) -> set[str]:
    found = set()
    try:
        for descriptor in (process / "fd").iterdir():
            found.add(os.readlink(descriptor))  # noqa: PTH115  # It is a name, not a path.
    except OSError:  # It ended meanwhile, or belongs to somebody else.
        return found
    return found


def _name(process: Path) -> str:
    """Return the program's name and its first arguments, as `python3 -m http.server`."""
    try:
        words = process.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "a process that has just ended"
    return " ".join(Path(word).name for word in words[:3]).strip()
