"""Programs that come from the system's package manager, and how they get here."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from launch.errors import LaunchError
from launch.terminal import run_shown, say

# Debian starts a server as soon as its package is installed, unless this file says no. We bring
# programs, not services: a node of the system's own would sit on the ports that we need. The mark
# in it tells a file of ours, left by a machine that lost its power, from the operator's.
_INSTALL = r"""
policy=/usr/sbin/policy-rc.d
mark="Written by Postroom for the time of one installation."
if [ ! -e "$policy" ] || grep -qF "$mark" "$policy"; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' HUP INT TERM
    printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
fi
new=""
for service in rabbitmq-server postgresql; do
    case " $* " in *" $service "*) dpkg -s "$service" >/dev/null 2>&1 || new="$new $service" ;; esac
done
export DEBIAN_FRONTEND=noninteractive
wait_for_others='-o DPkg::Lock::Timeout=300'
apt-get $wait_for_others update || exit
apt-get $wait_for_others --yes --no-install-recommends install "$@" || exit
# Nor shall they start with the machine because we brought them.
for service in $new; do
    systemctl disable "$service" 2>/dev/null || true
done
"""


def install(packages: Sequence[str], log: Path) -> None:
    """Install packages of the system, with progress; asks for sudo's password where it must.

    Raises:
        LaunchError: they can't be installed from here; the message says what to type.
    """
    say(f"  Needed from the system: {', '.join(packages)}")
    prefix = _become_root(packages)
    title = f"Installing {', '.join(packages)}"
    run_shown(title, [*prefix, "sh", "-c", _INSTALL, "install", *packages], log)


def can_install() -> bool:
    """Whether this machine has the package manager that `install` knows."""
    return shutil.which("apt-get") is not None


def _become_root(packages: Sequence[str]) -> list[str]:
    """Return the words before a command that make it run as root."""
    by_hand = f"apt-get install {' '.join(packages)}"
    if not can_install():
        raise LaunchError(
            f"Missing here: {', '.join(packages)}, and this machine has no apt-get.\n"
            "Install them (names may differ a little: brew install rabbitmq, "
            "dnf install rabbitmq-server), and run this again."
        )
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        raise LaunchError(f"Missing here: {', '.join(packages)}. As root, type:\n  {by_hand}")
    # -v asks for the password now, on a clear line, and never in the middle of the progress.
    ask = ["sudo", "-v"] if sys.stdin.isatty() else ["sudo", "-n", "-v"]
    if subprocess.run(ask, check=False).returncode != 0:
        raise LaunchError(f"Missing here: {', '.join(packages)}. Type:\n  sudo {by_hand}")
    return ["sudo"]
