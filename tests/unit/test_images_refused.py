"""What can't be worked on is named with its reason, and the rest is done."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from tasks.kind import BadInput
from tasks.kinds.images import archive as archives
from tests.unit.images_made import archive, bomb, encrypted, file, images_of, moving, photo, plain

GOOD = file(plain())


def why(folder: Path, name: str, content: bytes) -> str:
    """Return why a file is skipped that is given together with a good one."""
    made = images_of(folder, {"good.png": GOOD, name: content})
    assert list(made.files) == ["good.webp"]
    (words,) = made.why.values()
    assert words[3:] in made.done.log
    assert words[3:-1] in made.done.outputs["pictures.csv"].read_text("utf-8")
    return words


def member(folder: Path, name: str, content: bytes) -> str:
    """Return why a file in a ZIP is skipped that lies beside a good one."""
    made = images_of(folder, {"a.zip": archive({"good.png": GOOD, name: content})})
    assert list(made.files) == ["good.webp"]
    ((named, words),) = made.why.items()
    assert named == "a.zip: " + name.replace("\\", "/")
    return words


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.png",
            bomb(),
            "has too many pixels, and 200 million are the most (a decompression bomb?)",
        ),
        ("a.png", bomb(20_000, 10_001), "has too many pixels"),
        ("a.png", bomb(20_000, 10_000), "is cut off"),
        ("a.jpg", photo(400, 300)[:9000], "is cut off: its last part is missing"),
        ("a.png", GOOD[:60], "is cut off"),
        ("a.png", GOOD[:30] + b"\0" * 40, "is broken"),
        ("a.jpg", b"", "is empty"),
        ("a.jpg", b"dear reader", "is no picture, or one of an unknown kind. It takes JPEG, PNG"),
        ("a.jpg", archive({"b.png": GOOD}), "is a ZIP archive, or a document"),
        ("a.png", b"<?xml version='1.0'?><svg/>", "is a drawing (SVG)"),
        ("a.jpg", b"%PDF-1.7", "is a PDF, not a picture"),
        ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is a HEIC picture. Save it as JPEG"),
        ("a.jpg", b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "is a video"),
        ("a.zip", b"dear reader", "is no ZIP archive"),
        ("a.zip", archive({"b.png": GOOD})[:-30], "is no ZIP archive, or only the first part"),
        ("a.zip", archive({}), "is an empty archive"),
    ],
)
def test_a_file_that_is_no_picture_is_named_with_its_reason(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    assert words in why(tmp_path, name, content)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("../../b.png", GOOD, "has a name that leads out of the archive"),
        ("..\\b.png", GOOD, "has a name that leads out of the archive"),
        ("/etc/b.png", GOOD, "has a name that leads out of the archive"),
        ("C:/b.png", GOOD, "has a name that leads out of the archive"),
        ("b.zip", archive({"c.png": GOOD}), "is an archive in an archive. Unpack it first"),
        ("b.png", archive({"c.png": GOOD}), "is an archive in an archive. Unpack it first"),
        (
            "b.png",
            b"BM" + b"\0" * 30_000_000,
            "is a ZIP bomb: 29.2\N{NO-BREAK SPACE}kB that unpack to 30.0\N{NO-BREAK SPACE}MB",
        ),
        ("b.txt", b"dear reader", "is no picture"),
        ("b.png", bomb(), "decompression bomb"),
    ],
)
def test_a_file_in_a_zip_that_is_no_picture_is_named_with_its_reason(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    assert words in member(tmp_path, name, content)


def test_an_encrypted_file_is_named(tmp_path: Path) -> None:
    given = {"a.zip": encrypted(archive({"b.png": GOOD})), "good.png": GOOD}

    assert images_of(tmp_path, given).why == {
        "a.zip: b.png": "It is encrypted. Pack it without a password."
    }


def test_a_file_that_was_damaged_in_the_zip_is_named(tmp_path: Path) -> None:
    packed = bytearray(archive({"b.png": GOOD, "c.png": GOOD}, zipfile.ZIP_STORED))
    packed[packed.index(b"IDAT") + 6] ^= 0xFF

    made = images_of(tmp_path, {"a.zip": bytes(packed)})

    assert made.why == {"a.zip: b.png": "It is damaged: it can't be unpacked."}
    assert list(made.files) == ["c.webp"]


@pytest.mark.parametrize("name", ["IDAT", "fdAT"])
def test_a_png_that_decodes_into_noise_is_named(tmp_path: Path, name: str) -> None:
    damaged = bytearray(moving("PNG"))
    damaged[damaged.rindex(name.encode()) + 12] ^= 0x10

    assert why(tmp_path, "a.png", bytes(damaged)) == "It is damaged: its checksum does not fit."


def test_a_zip_whose_files_lie_over_one_another_is_a_bomb(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("b.png", GOOD * 50)
        packed.filelist *= 40

    assert "is a ZIP bomb: its files lie over one another" in why(
        tmp_path, "a.zip", target.getvalue()
    )


def test_a_zip_that_says_it_has_no_end_of_files_is_not_read(tmp_path: Path) -> None:
    packed = bytearray(archive({"b.png": GOOD}))
    packed[-22 + 12 : -22 + 16] = struct.pack("<I", 500_000_000)

    assert f"more files than the {archives.MOST:,}" in why(tmp_path, "a.zip", bytes(packed))


def test_a_moving_picture_with_too_many_frames_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.kinds.images.moving.MOST_PIXELS", 5_000)

    assert "has 3 frames, too many for their size" in why(tmp_path, "a.gif", moving("GIF"))


def test_a_picture_whose_name_says_another_format_is_done_and_that_is_said(tmp_path: Path) -> None:
    made = images_of(tmp_path, {name: photo(60, 40) for name in ("a.png", "b.jpeg", "holiday.zip")})

    assert len(made.files) == 3
    assert "a.png: a JPEG picture, whatever its name says" in made.done.log
    assert "holiday.zip: a JPEG picture, whatever its name says" in made.done.log
    assert "b.jpeg" not in made.done.log


def test_what_systems_put_beside_pictures_is_not_worth_a_word(tmp_path: Path) -> None:
    packed = archive({"b/": b"", "b/c.png": GOOD, "__MACOSX/b/._c.png": b"x", "b/.DS_Store": b"x"})

    made = images_of(tmp_path, {"a.zip": packed})

    assert (list(made.files), made.why) == (["b/c.webp"], {})


def test_when_nothing_can_be_done_the_job_says_why(tmp_path: Path) -> None:
    given = {f"{number}.jpg": b"dear reader" for number in range(9)} | {"a.png": bomb()}

    with pytest.raises(BadInput) as raised:
        images_of(tmp_path, given)

    lines = str(raised.value).splitlines()
    assert lines[0] == "No picture could be worked on."
    assert lines[1].startswith("0.jpg is no picture")
    assert lines[-1] == "And 5 others."


def test_results_have_names_that_every_system_can_unpack_and_tell_apart(tmp_path: Path) -> None:
    packed = archive(
        {
            "b/c.png": GOOD,
            "b/C.jpg": photo(60, 40),
            "b/c.gif": file(plain(), "GIF"),
            "con.png": GOOD,
            "what? <b>.png": GOOD,
            "b/.png": GOOD,
            "ü" * 200 + ".png": GOOD,
        }
    )

    made = images_of(tmp_path, {"a.zip": packed, "c.png": GOOD})

    assert sorted(made.files)[:5] == [
        "b/C-2.webp",
        "b/c-3.webp",
        "b/c.webp",
        "b/png.webp",
        "c.webp",
    ]
    assert {"con_.webp", "what b.webp"} <= set(made.files)
    assert max(len(name) for name in made.files) <= 105
    assert len(made.files) == 8
