"""Two thousand pictures are not begun again because a machine died at the twelve hundredth."""

import re
import signal
import zipfile
from pathlib import Path

import pytest

from ledger.record import Ending, State
from tasks.cores import cores
from tasks.inputs import Upload
from tests.acceptance.conftest import Site
from tests.unit.images_made import archive, photo
from tests.waiting import until

pytestmark = pytest.mark.broker

COUNT = 20 * cores()  # which take some seconds
DONE_BEFORE = re.compile(r"(\d+) pictures had been done before this attempt began")


@pytest.fixture
def album(site: Site) -> Upload:
    """Return pictures in a ZIP, which take some seconds."""
    page = photo(1000, 700)
    pages = archive({f"{number:03}.jpg": page for number in range(COUNT)}, zipfile.ZIP_STORED)
    writer = site.ledger.files.receive("album.zip", len(pages))
    writer.write(pages)
    return Upload.of(site.ledger.files.accept(writer, "ada"))


def test_pictures_that_were_finished_outlive_their_worker_and_its_machine(
    site: Site, album: Upload, tmp_path: Path
) -> None:
    first = site.worker().ready()
    job = site.submit("images", pictures=[album.model_dump()], width=700)
    until("it is at 60 %", lambda: site.job(job).progress.done >= 0.6 * COUNT)
    done = site.job(job).progress.done

    first.signal(signal.SIGKILL)
    # Another machine: of the first one's files it sees nothing but the storage.
    storage = str(site.ledger.settings.storage_url)
    site.worker(POSTROOM_VAR=str(tmp_path / "elsewhere"), STORAGE_URL=storage).ready()
    ended = site.settled(job)

    assert ended.state is State.SUCCESS
    assert site.endings(job) == [Ending.LOST, Ending.SUCCEEDED]
    text = "\n".join(line.text for line in site.ledger.logs.whole(job))
    (taken_up,) = DONE_BEFORE.findall(text)
    # How often they are kept goes by the time that it takes, so on a busy disk more have to be done
    # again; without the keeping it would be all of them.
    assert int(taken_up) >= done / 4
    packed = site.ledger.files.output(job, "pictures.zip")
    with site.ledger.files.open(packed) as file, zipfile.ZipFile(file) as pictures:
        assert sorted(pictures.namelist()) == [f"{number:03}.webp" for number in range(COUNT)]
        assert pictures.testzip() is None
