from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ledger import Ledger, Settings, version
from ledger.errors import LedgerOutdated
from ledger.schema import metadata


def known(name: str | None, *_more: object) -> bool:
    """Leave out what serves the search of text, which each database does in a way of its own."""
    return name is None or not name.startswith(("card_words", "ix_cards_text"))


def test_the_migrations_make_the_tables_that_the_program_expects(ledger: Ledger) -> None:
    with ledger.database.read() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"include_name": known}), metadata
        )

    assert differences == []


def test_to_prepare_a_prepared_ledger_changes_nothing(ledger: Ledger) -> None:
    ledger.upgrade()

    assert ledger.require_current() is ledger


def test_two_programs_may_prepare_the_ledger_at_once(tmp_path: Path) -> None:
    ledgers = [Ledger(Settings(postroom_var=tmp_path)) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Ledger.upgrade, ledgers))

    ledgers[0].require_current()


def test_an_unprepared_ledger_says_what_to_run(tmp_path: Path) -> None:
    ledger = Ledger(Settings(postroom_var=tmp_path))

    with pytest.raises(LedgerOutdated, match="python -m ledger upgrade"):
        ledger.require_current()


def test_the_newest_version_is_known_without_alembic() -> None:
    scripts = ScriptDirectory(str(version.SCRIPTS))

    assert version.newest() == scripts.get_current_head()
