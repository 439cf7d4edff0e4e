"""What a worker's processes hold that they share with nobody."""

from pathlib import Path

from tasks.worn import own
from tests.acceptance.conftest import Site
from tests.acceptance.workers import children
from tests.waiting import until

MOST = 16_000 * 1024  # bytes; without what keeps pages shared it is more


def fresh(site: Site) -> list[int]:
    """Return two processes of a worker that have run nothing yet."""
    worker = site.worker(2).ready()

    def forked() -> list[int]:
        found = [pid for pid in children(worker.pid) if b"celery" in of(pid, "cmdline")]
        return found if len(found) >= 2 else []

    return until("the worker has its processes", forked)


def of(pid: int, name: str) -> bytes:
    """Return what the kernel says of a process."""
    return Path(f"/proc/{pid}/{name}").read_bytes()


def test_a_fresh_process_has_little_memory_of_its_own(site: Site) -> None:
    assert max(own(pid) for pid in fresh(site)) < MOST


def test_a_fresh_process_shares_the_driver_of_its_database(pg_site: Site) -> None:
    assert all(b"/psycopg_binary" in of(pid, "maps") for pid in fresh(pg_site))


def test_a_fresh_process_shares_pillow(site: Site) -> None:
    assert all(b"/PIL/_imaging." in of(pid, "maps") for pid in fresh(site))
