"""What supervisord is told."""

import shlex
from configparser import RawConfigParser
from pathlib import Path

import pytest

from launch.errors import LaunchError
from launch.programs import Program, configuration, programs


def told(
    var: Path = Path("/var/postroom"),
    *,
    workers: int = 2,
    grace: int = 30,
    private_node: bool = True,
) -> RawConfigParser:
    chosen = programs(
        ["web", "worker", "flower"], workers=workers, grace=grace, private_node=private_node
    )
    return parsed(configuration(chosen, var, var / "control"))


def parsed(text: str) -> RawConfigParser:
    # The same prefixes as supervisord's own parser: a path must not begin a comment.
    parser = RawConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read_string(text)
    return parser


def test_each_worker_is_a_program_with_a_log_of_its_own() -> None:
    config = told(workers=3)

    names = [name for name in config.sections() if name.startswith("program:worker")]
    assert names == ["program:worker-1", "program:worker-2", "program:worker-3"]
    assert len({config[name]["stdout_logfile"] for name in names}) == 3
    assert {config[name]["command"].split()[-2] for name in names} == {"worker"}


def test_no_workers_are_started_where_none_are_wanted() -> None:
    assert not [name for name in told(workers=0).sections() if "worker" in name]


def test_the_broker_starts_by_itself_and_the_rest_waits_to_be_told() -> None:
    config = told()

    assert config["program:broker"]["autostart"] == config["program:epmd"]["autostart"] == "true"
    assert {config[f"program:{name}"]["autostart"] for name in ("web", "worker-1", "flower")} == {
        "false"
    }


def test_the_broker_ends_after_everything_that_needs_it_and_its_name_server_last() -> None:
    config = told()

    # supervisord ends the highest priority first, and a group together.
    rest = int(config["group:postroom"]["priority"])
    broker, epmd = (int(config[f"program:{name}"]["priority"]) for name in ("broker", "epmd"))
    assert rest > broker > epmd
    assert config["group:postroom"]["programs"] == "web,worker-1,worker-2,flower"


def test_another_broker_is_not_ours_to_supervise() -> None:
    config = told(private_node=False)

    assert not config.has_section("program:broker")
    assert not config.has_section("program:epmd")


def test_a_worker_gets_one_sigterm_and_its_grace_before_it_is_killed() -> None:
    worker = told(grace=77)["program:worker-1"]

    assert worker["stopsignal"] == "TERM"
    assert worker["stopasgroup"] == "false"
    assert worker["stopwaitsecs"] == "77"


def test_everything_is_started_again_however_it_ended() -> None:
    config = told()

    ours = [config[name] for name in config.sections() if name.startswith("program:")]
    assert {program["autorestart"] for program in ours} == {"true"}


@pytest.mark.parametrize("folder", ["/a b/c", "/ünï/#1;2", "/it's"])
def test_a_folder_may_be_called_almost_anything(folder: str) -> None:
    web = told(var=Path(folder))["program:web"]

    # supervisord takes commands apart as a shell does.
    assert shlex.split(web["command"])[-1] == folder
    assert web["stdout_logfile"] == f"{folder}/log/web.log"


def test_a_folder_that_supervisord_would_misread_is_refused_in_words() -> None:
    with pytest.raises(LaunchError, match="POSTROOM_VAR: no %"):
        told(var=Path("/100%"))


def test_programs_of_the_procfile_that_we_do_not_know_run_once() -> None:
    chosen = programs(["mailer"], workers=2, grace=30, private_node=False)

    assert chosen == [Program("mailer", "mailer", 30)]
