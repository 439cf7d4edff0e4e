"""`python -m launch.become NAME`: turns into one of the programs of a running Postroom.

Supervised programs are started through here, so that each ends when its parent does, whatever
ended that, and so that a command of the Procfile reaches the shell as it is written.
"""

import os
import signal
import sys
from pathlib import Path

from launch import kernel, procfile


def command(name: str, root: Path, var: Path) -> list[str]:
    """Return the program and the arguments that the process called `name` consists of.

    Raises:
        LaunchError: the Procfile can't be read.
        KeyError: there is no process of that name.
    """
    own = {
        "supervisord": ["supervisord", "--configuration", str(var / "supervisor" / "config")],
        "broker": [str(var / "rabbitmq" / "rabbitmq-server")],
        "epmd": [str(var / "rabbitmq" / "epmd")],
    }
    if name in own:
        return own[name]
    # Without exec, signals would reach a shell that has nothing to do but to wait.
    return ["/bin/sh", "-c", f"exec {procfile.read(root / 'Procfile')[name]}"]


def main() -> None:
    """Become the process named by the first argument; the second is the start's `var`."""
    kernel.die_with_parent(signal.SIGTERM)
    words = command(sys.argv[1], Path.cwd(), Path(sys.argv[2]))
    os.execvp(words[0], words)  # noqa: S606  # No shell is wanted here.


if __name__ == "__main__":
    main()
