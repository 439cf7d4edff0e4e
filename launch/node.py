"""A private RabbitMQ node: one folder that holds its data, its settings and how to speak to it.

The node has its own name server (epmd), cookie, node name and ports, so it never meets a RabbitMQ
of the system, and it listens on 127.0.0.1 only. It is started from RabbitMQ's own scripts, not
from the wrappers that packages put on the PATH: those insist on the package's own user.
"""

import secrets
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

_PACKAGED = Path("/usr/lib/rabbitmq/bin")  # Debian, Ubuntu, Fedora.

# Once its applications have stopped, which takes it a fraction of a second, a node with the
# management plugin idles for five more seconds before it ends. What is confirmed is on disk.
_LAST_WORDS_MS = 2_000


@dataclass(frozen=True)
class Programs:
    """The installed programs that make a node: absolute paths."""

    server: Path
    ctl: Path
    epmd: Path

    @classmethod
    def find(cls) -> "Programs | None":
        """Look for RabbitMQ on this machine; None if it is not (wholly) installed."""
        on_path = shutil.which("rabbitmq-server")
        folders = [_PACKAGED, *([Path(on_path).resolve().parent] if on_path else [])]
        epmd = shutil.which("epmd") or shutil.which("epmd", path="/usr/lib/erlang/bin")
        for folder in folders:
            # This file lies beside the scripts themselves, and beside no wrapper.
            if epmd and (folder / "rabbitmq-env").exists():
                return cls(folder / "rabbitmq-server", folder / "rabbitmqctl", Path(epmd))
        return None


@dataclass(frozen=True)
class Node:
    """What one private node is; `write` puts it on disk.

    `folder` is absolute and the node's alone. `ack_seconds` is how long a delivery may stay
    unacknowledged before RabbitMQ closes its channel. `cluster` is the name by which a client can
    tell whose node answered. Its user is RabbitMQ's own first one, guest, on virtual host `/`.
    """

    folder: Path
    programs: Programs
    port: int
    management_port: int
    distribution_port: int
    epmd_port: int
    ack_seconds: float
    cluster: str
    name: str = field(default="postroom@localhost")

    def configuration(self) -> str:
        """Return the node's rabbitmq.conf."""
        return f"""\
listeners.tcp.default = 127.0.0.1:{self.port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {self.management_port}
cluster_name = {self.cluster}
# Milliseconds; RabbitMQ's own 30 minutes would run every longer job twice.
consumer_timeout = {round(self.ack_seconds * 1000)}
log.connection.level = warning
"""

    def environment(self) -> dict[str, str]:
        """Return the variables that make RabbitMQ's programs mean this node and no other."""
        return {
            "HOME": str(self.folder),  # Where Erlang keeps the cookie.
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_LOGS": "-",  # Standard output: whoever starts it keeps the log.
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            # What an operator configured for the system's own node is not for this one.
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "rabbitmq-env.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_CONFIG_FILES": str(self.folder / "conf.d"),
            # With this the script becomes the node instead of waiting beside it, so that a signal
            # to the process we started reaches the node, SIGKILL included.
            "RUNNING_UNDER_SYSTEMD": "true",
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1}"
            f" -shutdown_time {_LAST_WORDS_MS}",
        }

    @property
    def server(self) -> Path:
        """The program, written by `write`, that becomes the node."""
        return self.folder / "rabbitmq-server"

    @property
    def epmd(self) -> Path:
        """The program that becomes the node's name server; the node needs it to run."""
        return self.folder / "epmd"

    @property
    def ctl(self) -> Path:
        """The program by which an operator speaks to this node: `rabbitmqctl`, with arguments."""
        return self.folder / "rabbitmqctl"

    def write(self) -> None:
        """Put settings and programs on disk; the node's data, if there are any, stay.

        Raises:
            OSError: the folder can't be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / "rabbitmq.conf").write_text(self.configuration())
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        self._write_cookie()
        self._write_program(self.server, self.programs.server)
        self._write_program(self.ctl, self.programs.ctl)
        # The node would start an epmd by itself, but as a daemon that outlives it.
        self._write_program(self.epmd, self.programs.epmd)

    def _write_cookie(self) -> None:
        """Make the secret by which Erlang's programs know each other, once."""
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(secrets.token_hex(20))
            cookie.chmod(0o400)

    def _write_program(self, path: Path, program: Path) -> None:
        exports = [f"export {name}={shlex.quote(to)}" for name, to in self.environment().items()]
        path.write_text(
            "\n".join(["#!/bin/sh", *exports, f'exec {shlex.quote(str(program))} "$@"', ""])
        )
        path.chmod(0o700)
