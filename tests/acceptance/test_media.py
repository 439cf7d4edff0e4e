"""A worker dies while ffmpeg works for it."""

import os
import signal
from pathlib import Path

import pytest

from ledger.record import Ending, State
from tasks import guard
from tasks.kind import Upload
from tests.acceptance.conftest import Site
from tests.acceptance.workers import alive
from tests.media_clips import video
from tests.waiting import until

pytestmark = pytest.mark.broker


def uploaded(site: Site, path: Path) -> Upload:
    writer = site.ledger.files.receive(path.name, site.ledger.settings.max_upload)
    writer.write(path.read_bytes())
    return Upload.of(site.ledger.files.accept(writer, "ada"))


def ffmpeg_of(job: str) -> int | None:
    """Return the pid of an ffmpeg that writes a result of the job, if one runs."""
    for pid in guard.processes():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(b"file:" in word and job.encode() in word for word in command):
            return pid
    return None


def test_ffmpeg_dies_with_its_worker_and_the_job_is_done_by_another(
    site: Site, tmp_path: Path
) -> None:
    film = uploaded(site, video(tmp_path / "film.mp4", 3))
    worker = site.worker().ready()
    job = site.submit("media", file=film, to="webm", quality="best", loudness=-16)
    program = until("ffmpeg runs", lambda: ffmpeg_of(job))
    # So that it is in the middle for as long as the test needs, and does not end by itself because
    # nobody reads what it says.
    os.kill(program, signal.SIGSTOP)

    worker.signal(signal.SIGKILL)

    until("ffmpeg is gone", lambda: not alive(program), within=3)
    site.worker().ready()
    settled = site.settled(job)
    assert settled.state is State.SUCCESS
    assert site.endings(job)[-1] is Ending.SUCCEEDED
    assert [file.name for file in site.ledger.files.outputs_of(job)] == ["film.webm", "poster.jpg"]
    assert site.stored_outputs(job) == 2
