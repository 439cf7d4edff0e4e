"""What a start reads from the environment."""

from pathlib import Path

import pytest

from launch.amqp import Address
from launch.errors import LaunchError
from launch.settings import Settings

ROOT = Path("/checkout")


def test_nothing_set_and_empty_mean_the_same() -> None:
    assert Settings.read({"PORT": "", "POSTROOM_VAR": ""}, ROOT) == Settings.read({}, ROOT)


def test_the_defaults_are_those_of_the_documents() -> None:
    settings = Settings.read({}, ROOT)

    assert (settings.port, settings.flower_port, settings.management_port) == (8000, 5555, 15672)
    assert settings.var == Path("/checkout/var")
    assert settings.host == "127.0.0.1"
    assert settings.broker == Address("localhost", 5672, "guest", "guest", "/")


def test_a_relative_folder_is_one_in_the_checkout() -> None:
    assert Settings.read({"POSTROOM_VAR": "other"}, ROOT).var == Path("/checkout/other")
    assert Settings.read({"POSTROOM_VAR": "/srv/it"}, ROOT).var == Path("/srv/it")


def test_everything_that_makes_no_sense_is_said_at_once() -> None:
    environment = {
        "PORT": "http",
        "FLOWER_PORT": "70000",
        "WORKERS": "-1",
        "ACK_TIMEOUT": "a day",
        "CELERY_BROKER_URL": "redis://localhost",
    }

    with pytest.raises(LaunchError) as error:
        Settings.read(environment, ROOT)

    assert error.value.code == 2
    assert [name for name in environment if f"  {name}: " not in str(error.value)] == []
