"""What the supervised processes turn into."""

from pathlib import Path

import pytest

from launch.become import command


def test_the_broker_and_its_name_server_are_the_nodes_own_programs() -> None:
    var = Path("/var")

    assert command("broker", Path("/checkout"), var) == ["/var/rabbitmq/rabbitmq-server"]
    assert command("epmd", Path("/checkout"), var) == ["/var/rabbitmq/epmd"]


def test_a_line_of_the_procfile_is_left_to_a_shell_that_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: serve --at ${PORT:-80}\n")

    assert command("web", tmp_path, tmp_path) == ["/bin/sh", "-c", "exec serve --at ${PORT:-80}"]


def test_there_is_no_process_that_nobody_named(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: serve\n")

    with pytest.raises(KeyError):
        command("mailer", tmp_path, tmp_path)
