"""Which RabbitMQ a start uses: one that answers already, or a private node of its own."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from launch import packages, ports
from launch.amqp import Address, RefusedError, SilentError, greet
from launch.errors import LaunchError
from launch.node import Node, Programs
from launch.settings import Settings
from launch.terminal import say

_CLUSTER = "postroom:"  # What our own nodes answer with begins so.


@dataclass(frozen=True)
class Finding:
    """What answers at CELERY_BROKER_URL: a broker to use, or nothing, or one that is not for us."""

    usable: bool
    held_by: str = ""

    def needs(self, settings: Settings) -> list[ports.Need]:
        """Return the ports of the private node that is due; none where a broker is used."""
        if self.usable:
            return []
        port, choice = settings.broker.port, "amqp://guest:guest@localhost:{port}//"
        management = settings.management_port, "RABBITMQ_MANAGEMENT_PORT", "RabbitMQ's management"
        return [
            ports.Need(port, "CELERY_BROKER_URL", "RabbitMQ", choice=choice, held_by=self.held_by),
            ports.Need(*management),
        ]


def find(settings: Settings) -> Finding:
    """Look whether a broker answers at CELERY_BROKER_URL.

    Raises:
        LaunchError: one answers that refuses us, or none does where only a person can start one.
    """
    address = settings.broker
    try:
        greeting = greet(address)
    except RefusedError as error:
        raise LaunchError(
            f"RabbitMQ at {address} refuses {address.user!r} on virtual host {address.vhost!r}: "
            f"{error}\nSet CELERY_BROKER_URL to what it accepts, or to another port for a private "
            f"node:\n  {_another_port(address)} bin/run",
            code=2,
        ) from error
    except SilentError as error:
        if address != Address(host=address.host, port=address.port) or not address.is_loopback:
            raise LaunchError(
                f"RabbitMQ does not answer at {address}: {error}.\nStart it there, or leave "
                "CELERY_BROKER_URL unset: bin/run then starts a private node.",
                code=2,
            ) from error
        return Finding(usable=False)
    if greeting.cluster.startswith(_CLUSTER):
        # Two can't share a broker: each would get the messages of the other's jobs.
        other = unquote(greeting.cluster.removeprefix(_CLUSTER))
        return Finding(usable=False, held_by=f"the RabbitMQ of another Postroom, in {other}")
    say(f"  RabbitMQ {greeting.version} answers at {address}; it is used as it is.")
    say("  Its acknowledgement timeout is taken to be 30 minutes unless ACK_TIMEOUT says else.")
    return Finding(usable=True)


def private_node(settings: Settings, log: Path) -> Node:
    """Return the private node of this checkout, after installing RabbitMQ where it is missing.

    Raises:
        LaunchError: RabbitMQ is not installed and can't be from here.
    """
    programs = Programs.find()
    if programs is None:
        packages.install(["rabbitmq-server"], log)
        programs = Programs.find()
    if programs is None:
        raise LaunchError("rabbitmq-server was installed, but its programs are not where they go.")
    # Nobody listens on them until the node does: starts at the same moment, each from the lowest
    # free one upwards, would choose the same.
    wanted = (settings.port, settings.flower_port, settings.broker.port, settings.management_port)
    epmd_port, distribution_port = ports.free(2, but=wanted)
    return Node(
        folder=settings.var / "rabbitmq",
        programs=programs,
        port=settings.broker.port,
        management_port=settings.management_port,
        distribution_port=distribution_port,
        epmd_port=epmd_port,
        ack_seconds=settings.ack_timeout,
        cluster=_CLUSTER + quote(str(settings.var)),
    )


def _another_port(address: Address) -> str:
    [port] = ports.free_from(address.port + 1)
    return f"CELERY_BROKER_URL=amqp://guest:guest@localhost:{port}//"
