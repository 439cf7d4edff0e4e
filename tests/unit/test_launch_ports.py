"""Which ports can be had, and what is said of the others."""

import os
import socket
from collections.abc import Iterator

import pytest

from launch import ports
from launch.errors import LaunchError
from launch.ports import Need


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this very process listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def complaint(*needs: Need) -> str:
    with pytest.raises(LaunchError) as error:
        ports.require(needs)
    assert error.value.code == 2
    return str(error.value)


def test_free_ports_are_no_complaint() -> None:
    first, second = ports.free(2)

    ports.require([Need(first, "PORT", "the console"), Need(second, "FLOWER_PORT", "Flower")])


def test_a_taken_port_is_named_with_its_holder_and_another_one(taken: int) -> None:
    said = complaint(Need(taken, "PORT", "the console"))

    assert f"port {taken} (the console) is held by" in said
    assert f"(process {os.getpid()})" in said
    choice = said.rpartition("PORT=")[2]
    assert choice.endswith(" bin/run")
    ports.require([Need(int(choice.split()[0]), "PORT", "the console")])


def test_all_complaints_come_at_once(taken: int) -> None:
    [free] = ports.free()

    said = complaint(
        Need(taken, "PORT", "the console"),
        Need(free, "FLOWER_PORT", "Flower"),
        Need(taken, "CELERY_BROKER_URL", "RabbitMQ", choice="amqp://localhost:{port}//"),
    )

    assert "the console" in said
    assert "RabbitMQ" in said
    assert "Flower" not in said
    assert "CELERY_BROKER_URL=amqp://localhost:" in said


def test_a_port_that_two_parts_want_is_a_complaint_and_two_choices_differ() -> None:
    [free] = ports.free()

    said = complaint(Need(free, "PORT", "the console"), Need(free, "FLOWER_PORT", "Flower"))

    assert said.count("is wanted twice") == 2
    choices = [word.partition("=")[2] for word in said.split() if "PORT=" in word]
    assert len({free, *map(int, choices)}) == 3


def test_who_holds_a_port_may_be_known_better(taken: int) -> None:
    said = complaint(Need(taken, "PORT", "the console", held_by="the neighbours"))

    assert "is held by the neighbours" in said


def test_free_ports_differ_and_no_client_is_given_them() -> None:
    found = ports.free(5)

    assert len(set(found)) == 5
    assert max(found) < 32_768


def test_a_port_that_somebody_else_is_to_have_is_left_to_them() -> None:
    first, second, third = ports.free_from(20_000, 3)

    assert ports.free_from(20_000, 2, but={first}) == [second, third]


def test_no_port_is_offered_at_which_browsers_open_no_page() -> None:
    assert ports.free_from(10_080) != [10_080]
    assert not {6_000, 6_665, 10_080} & {*ports.free_from(5_990, 20), *ports.free_from(6_660, 20)}


def test_a_chosen_port_at_which_browsers_open_no_page_is_a_complaint() -> None:
    said = complaint(Need(6_666, "PORT", "the console"))

    assert "port 6666 (the console) is one at which browsers open no page" in said
    assert "PORT=6670 bin/run" in said
