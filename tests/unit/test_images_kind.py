"""The images kind as the console meets it: its form, its results, how it ends and goes on."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from ledger.errors import LedgerUnavailable, StorageError
from tasks.app import app
from tasks.cores import cores
from tasks.kinds.images import images
from tasks.kinds.images.facts import Fact
from tasks.kinds.images.options import Options
from tasks.kinds.images.parts import Parts
from tasks.kinds.images.pipeline import Finished
from tasks.kinds.images.rooms import Deserted, Room
from tasks.kinds.images.words import pixels
from tasks.testing import Trial
from tests.unit.images_made import archive, file, images_of, photo, plain, read

UPLOAD = {"id": "1", "name": "a.jpg", "size": 4, "sha256": "0" * 64}


def test_the_form_needs_pictures_and_nothing_else() -> None:
    with pytest.raises(ValidationError, match="pictures"):
        images.parse({})
    with pytest.raises(ValidationError, match="pictures"):
        images.parse({"pictures": []})
    given = images.parse({"pictures": [UPLOAD]}).model_dump(exclude={"pictures"})

    assert Options(**given) == Options()


def test_every_field_of_the_form_says_what_it_is() -> None:
    for name, field in images.inputs.model_fields.items():
        assert field.description, name


def test_showing_the_form_does_not_cost_the_library() -> None:
    loaded = "import sys, tasks.kinds.images; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True)

    assert done.stdout.strip() == b"False"


def test_the_page_shows_sizes_before_and_after_and_a_sheet_to_look_at(tmp_path: Path) -> None:
    given = {"a.jpg": photo(900, 600), "b.zip": archive({"c/d.png": file(plain())})}

    made = images_of(tmp_path, given | {"e.jpg": b"none"}, width=300)

    result: Any = made.done.result
    assert result["done"] == 2
    first, second = result["sizes"]
    assert (first["picture"], second["picture"]) == ("a.jpg", "b.zip: c/d.png")
    assert (first["pixels before"], first["pixels"]) == (pixels(900, 600), pixels(300, 200))
    assert list(made.done.outputs) == ["contact-sheet.jpg", "pictures.zip", "pictures.csv"]
    header, *lines = made.table
    assert [line[:2] for line in lines] == [
        ["a.jpg", "a.webp"],
        ["b.zip: c/d.png", "c/d.webp"],
        ["e.jpg", ""],
    ]
    assert int(lines[0][header.index("bytes after")]) == len(made.files["a.webp"])
    with Image.open(made.done.outputs["contact-sheet.jpg"]) as sheet:
        assert sheet.width > 300
    done = [(step.done, step.total) for step in made.done.progress]
    assert (done[0], done[-1]) == ((0, 3), (3, 3))


def test_a_page_shows_the_first_of_many_and_the_table_has_all(tmp_path: Path) -> None:
    made = images_of(tmp_path, {f"{number}.png": file(plain(4, 4)) for number in range(130)})

    result: Any = made.done.result
    assert len(result["sizes"]) == 10
    assert result["more sizes"] == "120 more are in pictures.csv"
    assert len(made.table) == 131


def test_a_name_is_drawn_in_letters_that_the_font_of_the_sheet_has(tmp_path: Path) -> None:
    def sheet(name: str) -> bytes:
        folder = tmp_path / name[:1]
        folder.mkdir()
        made = images_of(folder, {name: file(plain())})
        return made.done.outputs["contact-sheet.jpg"].read_bytes()

    assert sheet("ü" * 50 + ".png") == sheet("u" * 50 + ".png")


def test_a_death_costs_no_more_than_a_sixtieth_of_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, kept = [0.0], [0]
    parts_of = "tasks.kinds.images.parts"
    monkeypatch.setattr(f"{parts_of}.time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(f"{parts_of}.checkpoint", lambda *_: kept.append(len(parts.facts)))
    parts: Parts = Parts(tmp_path)

    for number in range(6_000):
        now[0] = number / 10
        parts.add(Finished(Fact(number, "a.png", 1, why="is empty")))
        assert number + 1 - kept[-1] <= 6 + number / 60

    assert len(kept) < 300


def test_a_killed_job_goes_on_after_the_last_finished_picture(tmp_path: Path) -> None:
    count = 20 * cores()  # which take a second or two
    pages = dict.fromkeys((f"{number:03}.jpg" for number in range(count)), photo(1200, 900))
    album = tmp_path / "album.zip"
    album.write_bytes(archive(pages, zipfile.ZIP_STORED))
    trial = Trial(images, pictures=[album], width=900)

    trial.killed(when=lambda _job: len(trial.kept) >= 2)
    made = read(trial.run())

    (taken_up,) = re.findall(r"^(\d+) pictures had been done before", made.done.log, re.MULTILINE)
    assert made.done.progress[0].done == int(taken_up)
    assert sorted(made.files) == sorted(name.replace("jpg", "webp") for name in pages)
    assert made.picture("000.webp").size == (900, 675)
    assert len(made.table) == 1 + count


def test_a_job_is_cancelled_within_two_seconds_whatever_its_encoder_does(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photo(5000, 4000))
    trial = Trial(images, pictures=[path], format="avif", width=5000, height=None)

    assert trial.cancelled(when=lambda _job: "1 file" in trial.log) < 2


@pytest.mark.parametrize("error", [LedgerUnavailable("away"), StorageError("full")])
def test_pictures_that_can_not_be_kept_yet_do_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def away(*_: object) -> None:
        raise error

    monkeypatch.setattr("tasks.kinds.images.parts.KEEP_FIRST", 0)
    monkeypatch.setattr("tasks.kinds.images.parts.checkpoint", away)

    made = images_of(tmp_path, {f"{number}.png": file(plain()) for number in range(9)})

    assert len(made.files) == 9
    assert "can't be kept yet; the work goes on" in made.done.log


def test_a_job_shares_the_cpus_with_its_workers_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: set(range(8)))
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr(app, "concurrency", 3)
    assert cores() == 2

    monkeypatch.setattr(app, "concurrency", 9)
    assert cores() == 1


def test_a_container_may_allow_fewer_cpus_than_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text("250000 100000\n")
    monkeypatch.setattr("tasks.cores._QUOTA", quota)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: set(range(8)))

    assert cores() == 2


def test_a_picture_larger_than_the_room_has_it_all_and_nobody_waits_in_a_closed_one() -> None:
    room = Room(100)
    with room(500):
        pass
    with room(60), room(40):
        pass

    room.close()
    with pytest.raises(Deserted), room(1):
        pass
