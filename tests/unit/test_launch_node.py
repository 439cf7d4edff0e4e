"""What a private RabbitMQ node is made of."""

import subprocess
from pathlib import Path

import pytest

from launch.node import Node, Programs


@pytest.fixture(params=["plain", "it's a folder"])
def node(tmp_path: Path, request: pytest.FixtureRequest) -> Node:
    env = Path("/usr/bin/env")
    return Node(
        folder=tmp_path / request.param,
        programs=Programs(server=env, ctl=env, epmd=env),
        port=5673,
        management_port=15673,
        distribution_port=25673,
        epmd_port=4370,
        ack_seconds=90.5,
        cluster="postroom:here",
    )


def said_by(program: Path) -> dict[str, str]:
    """Return the environment that a program of the node's hands on: here they all are `env`."""
    done = subprocess.run([program], check=True, capture_output=True, text=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_it_listens_on_loopback_only(node: Node) -> None:
    lines = node.configuration().splitlines()

    assert "listeners.tcp.default = 127.0.0.1:5673" in lines
    assert "management.tcp.ip = 127.0.0.1" in lines
    assert "management.tcp.port = 15673" in lines
    assert node.environment()["ERL_EPMD_ADDRESS"] == "127.0.0.1"
    assert "inet_dist_use_interface {127,0,0,1}" in node.environment()["ERL_FLAGS"]


def test_its_acknowledgement_timeout_is_written_in_milliseconds(node: Node) -> None:
    assert "consumer_timeout = 90500" in node.configuration().splitlines()


def test_each_of_its_programs_means_this_node(node: Node) -> None:
    node.write()

    for program in (node.server, node.epmd, node.ctl):
        environment = said_by(program)
        assert environment.items() >= node.environment().items()
        assert environment["HOME"] == str(node.folder)


def test_arguments_reach_its_programs_as_they_are(node: Node) -> None:
    node.write()

    done = subprocess.run(
        [node.ctl, "printf", "%s|", "a b", "*"], check=True, capture_output=True, text=True
    )

    assert done.stdout == "a b|*|"


def test_its_cookie_is_a_secret_that_outlives_a_restart(node: Node) -> None:
    node.write()
    cookie = node.folder / ".erlang.cookie"
    first = cookie.read_text()
    node.write()

    assert cookie.read_text() == first
    assert len(first) == 40
    assert cookie.stat().st_mode & 0o777 == 0o400
    assert node.folder.stat().st_mode & 0o077 == 0
