"""Each system's own virtual environment under `var/bench`, made when it is first needed."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
VAR = CHECKOUT / "var" / "bench"
REQUIREMENTS = Path(__file__).parent / "requirements"
INSTALL_SECONDS = 600


class NotInstalled(Exception):
    """What a system needs is not to be had here; the words say why."""


def programs(name: str) -> Path:
    """Return the folder of an environment's programs; make the environment if need be.

    Args:
        name: of a file in `requirements/`, without its ending; empty for this Python.

    Raises:
        NotInstalled: pip failed.
    """
    if not name:
        return Path(sys.executable).parent
    wanted = (REQUIREMENTS / f"{name}.txt").read_text(encoding="ascii")
    folder = VAR / "environments" / name
    installed = folder / "installed.txt"
    if not installed.exists() or installed.read_text(encoding="ascii") != wanted:
        print(f"installs {name} …", file=sys.stderr, flush=True)
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet")
        _run(*pip, "--disable-pip-version-check", "-r", str(REQUIREMENTS / f"{name}.txt"))
        # Written last: an environment that was interrupted is made anew.
        installed.write_text(wanted, encoding="ascii")
    return folder / "bin"


def version(name: str) -> str:
    """Return the pinned version of an environment's own package; empty for this Python."""
    if not name:
        return ""
    for line in (REQUIREMENTS / f"{name}.txt").read_text(encoding="ascii").splitlines():
        package, _, pinned = line.partition("==")
        if package.lower() == name:
            return pinned
    raise LookupError(f"requirements/{name}.txt does not pin {name}")


def _run(*command: str) -> None:
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"pip took longer than {INSTALL_SECONDS} s") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise NotInstalled(f"pip failed: {' '.join(last)}")
