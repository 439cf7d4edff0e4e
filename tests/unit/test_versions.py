"""What stands for a kind's code."""

from dataclasses import replace

from tasks.kind import kinds
from tasks.versions import version_of
from tests.web.everything import a_kind


def test_each_kind_has_a_version_that_stays_while_nobody_edits_it() -> None:
    # Other tests of this process may have declared kinds of the same function.
    shipped = [
        kinds()[name] for name in ("hello", "tables", "images", "media", "archive", "compare")
    ]
    found = [version_of(kind) for kind in shipped]

    assert len(set(found)) == len(found)
    assert found == [version_of(kind) for kind in shipped]


def test_another_declaration_is_another_version() -> None:
    def declared(program: str) -> str:
        def command() -> str:
            return program

        return version_of(a_kind(command))

    assert declared("convert") == declared("convert")
    assert declared("convert") != declared("magick")


def test_a_limit_that_was_raised_is_another_version() -> None:
    kind = next(iter(kinds().values()))

    assert version_of(replace(kind, time_limit=kind.time_limit + 1)) != version_of(kind)
