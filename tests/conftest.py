"""The servers that all tests share, each started when the first test asks for it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from ledger import Ledger, Settings
from tests.services import MissingProgramError, PostgreSQL, RabbitMQ


def _cannot(error: MissingProgramError) -> NoReturn:
    """Fail where the program could be there; skip on a laptop that has no way to get it.

    A promise that was not tested must not look kept: in CI nothing is skipped.
    """
    if os.environ.get("CI") or shutil.which("apt-get"):
        pytest.fail(str(error), pytrace=False)
    pytest.skip(str(error))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that nobody waits for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    """A RabbitMQ node for all tests that leave it running as they found it."""
    try:
        node = RabbitMQ()
    except MissingProgramError as error:
        _cannot(error)
    with node:
        yield node


@pytest.fixture
def broker_url(rabbitmq: RabbitMQ) -> Iterator[str]:
    """An empty virtual host on the shared node, for one test."""
    vhost = rabbitmq.add_vhost()
    yield rabbitmq.url_of(vhost)
    rabbitmq.remove_vhost(vhost)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server for all tests; each makes a database of its own on it.

    No test takes the machine's power away, and to make hundreds of databases, each of three
    hundred files, and to write down that they are there keeps a disk busy for a minute.
    """
    try:
        server = PostgreSQL(fsync="off")
    except MissingProgramError as error:
        _cannot(error)
    with server:
        yield server


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a ledger with its tables and nothing in them, to be copied."""
    folder = tmp_path_factory.mktemp("fresh")
    made = Ledger(Settings(postroom_var=folder, database_url="", storage_url=""))
    made.upgrade()
    made.close()
    return folder / "ledger.sqlite3"


@pytest.fixture
def fresh_pg_url(postgresql: PostgreSQL, fresh_postgresql: str) -> Iterator[str]:
    """A ledger on PostgreSQL with its tables and nothing in them, for one test."""
    url = postgresql.database(like=fresh_postgresql)
    yield url
    postgresql.drop(url)


@pytest.fixture(scope="session")
def fresh_postgresql(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of such a ledger on PostgreSQL, for `PostgreSQL.database` to make others like it."""
    url = postgresql.database()
    made = Ledger(Settings(postroom_var=tmp_path_factory.mktemp("fresh"), database_url=url))
    made.upgrade()
    made.close()
    return url
