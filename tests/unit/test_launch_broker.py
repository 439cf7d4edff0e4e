"""The private node of a start, before anything of it runs."""

from pathlib import Path

import pytest

from launch import broker
from launch.settings import Settings

pytestmark = pytest.mark.broker


def test_nodes_of_starts_at_the_same_moment_get_ports_of_their_own(tmp_path: Path) -> None:
    nodes = []
    for number in range(4):
        settings = Settings.read({"POSTROOM_VAR": str(tmp_path / f"{number}")}, tmp_path)
        nodes.append(broker.private_node(settings, tmp_path / "log"))

    chosen = [port for node in nodes for port in (node.epmd_port, node.distribution_port)]

    assert len(set(chosen)) == len(chosen)
    assert not set(chosen) & {8000, 5555, 5672, 15672}
