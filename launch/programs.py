"""From the Procfile to supervisord's configuration: what runs, how often, and in which order."""

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from launch.errors import LaunchError

# The programs of the Procfile start and stop together; the broker is there before and after them.
GROUP = "postroom"
_OWN_PRIORITY = {"epmd": 1, "broker": 2}
_GROUP_PRIORITY = 3

# Longer than gunicorn's own graceful_timeout, so that it ends by itself.
_STOP_SECONDS = {"web": 20, "flower": 5, "broker": 15, "epmd": 5}


@dataclass(frozen=True)
class Program:
    """One supervised process: `name` is its own, `role` what `launch.become` turns it into.

    `stop_seconds` is how long it may take to end after SIGTERM before it is killed.
    """

    name: str
    role: str
    stop_seconds: int

    @property
    def is_of_procfile(self) -> bool:
        """Whether the Procfile names it, rather than us."""
        return self.role not in _OWN_PRIORITY


def programs(
    roles: Iterable[str], workers: int, grace: int, *, private_node: bool
) -> list[Program]:
    """Return all processes of a start; `roles` are the Procfile's names, `grace` is in seconds."""
    found = []
    for role in [*(_OWN_PRIORITY if private_node else ()), *roles]:
        names = (
            [f"{role}-{number + 1}" for number in range(workers)] if role == "worker" else [role]
        )
        found += [Program(name, role, _STOP_SECONDS.get(role, grace)) for name in names]
    return found


def configuration(programs: Iterable[Program], var: Path, control: Path) -> str:
    """Return supervisord's configuration; `control` is the socket on which it takes orders.

    Raises:
        LaunchError: a path has a % in it, which supervisord takes for a variable, even doubled.
    """
    if "%" in f"{var}{control}":
        raise LaunchError(f"POSTROOM_VAR: no % may be in the name of a folder: {var}", code=2)
    programs = list(programs)
    members = ",".join(program.name for program in programs if program.is_of_procfile)
    sections = [_own_section(var, control), *(_section(program, var) for program in programs)]
    sections.append(f"[group:{GROUP}]\nprograms={members}\npriority={_GROUP_PRIORITY}\n")
    return "\n".join(sections)


def _own_section(var: Path, control: Path) -> str:
    # Root has to say that it means it.
    as_root = "user=root\n" if os.getuid() == 0 else ""
    return f"""\
[supervisord]
nodaemon=true
silent=true
{as_root}logfile={var / "log" / "supervisor.log"}
logfile_maxbytes=5MB
logfile_backups=1
pidfile={var / "supervisor" / "pid"}

[unix_http_server]
file={control}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""


def _section(program: Program, var: Path) -> str:
    # Only what was started gets SIGTERM: in a process group the jobs' processes would get it too,
    # and a job would be interrupted instead of finished. SIGKILL at last is for all of them.
    # Five tries are made in some fifteen seconds; after that bin/run takes over.
    return f"""\
[program:{program.name}]
command=python -m launch.become {program.role} {shlex.quote(str(var))}
autostart={"false" if program.is_of_procfile else "true"}
autorestart=true
startsecs=5
startretries=5
stopsignal=TERM
stopasgroup=false
stopwaitsecs={program.stop_seconds}
killasgroup=true
priority={_OWN_PRIORITY.get(program.role, _GROUP_PRIORITY)}
redirect_stderr=true
stdout_logfile={var / "log" / f"{program.name}.log"}
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=3
"""
