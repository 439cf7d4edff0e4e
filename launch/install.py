"""The virtual environment `.venv`: made when missing, filled when the requirements changed."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from launch import packages
from launch.terminal import run_shown, say


class Environment:
    """One checkout's virtual environment.

    `root` is the checkout, `log` the file that gets everything the installers say.
    """

    def __init__(self, root: Path, log: Path) -> None:
        self.folder = root / ".venv"
        self.root = root
        self.log = log

    @property
    def programs(self) -> Path:
        """The folder in which the installed programs are."""
        return self.folder / "bin"

    @property
    def python(self) -> Path:
        """The environment's own Python."""
        return self.programs / "python"

    def variables(self) -> dict[str, str]:
        """Return this process's environment, changed so that programs are found here first."""
        return {
            **os.environ,
            "PATH": f"{self.programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "VIRTUAL_ENV": str(self.folder),
            "PYTHONUNBUFFERED": "1",  # A log that lags behind is worse than a slow one.
        }

    def prepare(self, requirements: Sequence[str]) -> None:
        """Make the environment hold what these requirement files of the checkout name.

        Nothing happens when it already does: a stamp per file tells.

        Raises:
            LaunchError: something can't be installed; the message says what to do.
        """
        files = [self.root / name for name in requirements]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # Two starts at once, say of bin/run and bin/test, take turns.
        with self.log.open("a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not self._is_alive():
                self._make()
            for file in files:
                self._fill(file)

    def _is_alive(self) -> bool:
        """Whether the environment works here: not after its Python went, or the checkout moved."""
        try:
            installer = (self.programs / "pip").read_bytes()
        except OSError:
            return False
        # Its programs name their Python by the full path that it had when they were installed.
        if os.fsencode(self.folder) not in installer:
            return False
        probe = [str(self.python), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
        return subprocess.run(probe, check=False, capture_output=True).returncode == 0

    def _make(self) -> None:
        if find_spec("ensurepip") is None or find_spec("venv") is None:
            # Debian keeps them in a package of their own.
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            packages.install([f"python{version}-venv"], self.log)
        if (self.folder / "pyvenv.cfg").exists():
            say("  The environment in .venv no longer works here; it is made again")
            shutil.rmtree(self.folder)
        command = [sys.executable, "-m", "venv", str(self.folder)]
        run_shown("Making the Python environment .venv", command, self.log)

    def _fill(self, requirements: Path) -> None:
        stamp = self.folder / f".{requirements.name}.stamp"
        wanted = stamp_of(requirements)
        if stamp.exists() and stamp.read_text() == wanted:
            return
        pip = [
            str(self.python),
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-input",
        ]
        title = f"Installing {requirements.name}"
        run_shown(title, [*pip, "--requirement", str(requirements)], self.log)
        stamp.write_text(wanted)


def stamp_of(requirements: Path) -> str:
    """Return what identifies an installation: what was asked for, and by which Python."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{digest} {sys.version_info.major}.{sys.version_info.minor}\n"
