"""What becomes of one picture: its size, its way up, its colours, its movement."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tasks.kinds.images.fit import fit
from tasks.kinds.images.words import pixels
from tests.unit.images_made import file, images_of, moving, plain, swapped_profile, turned

FORMATS = {"webp": "a.webp", "jpeg": "a.jpg", "png": "a.png", "avif": "a.avif"}


def alike(picture: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    """Return whether a pixel has about this colour; most formats lose a little."""
    pixel = picture.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 16 for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize(
    ("size", "width", "height", "enlarge", "becomes"),
    [
        ((4000, 3000), 800, 800, False, (800, 600)),
        ((3000, 4000), 800, 800, False, (600, 800)),
        ((4000, 3000), None, 300, False, (400, 300)),
        ((4000, 3000), None, None, False, (4000, 3000)),
        ((400, 300), 800, 800, False, (400, 300)),
        ((400, 300), 800, 800, True, (800, 600)),
        ((10_000, 1), 100, 100, False, (100, 1)),
    ],
)
def test_a_picture_lies_within_width_and_height_and_keeps_its_proportions(
    size: tuple[int, int],
    width: int | None,
    height: int | None,
    enlarge: bool,  # noqa: FBT001 - a column of the table
    becomes: tuple[int, int],
) -> None:
    assert fit(size, width, height, enlarge=enlarge) == becomes


@pytest.mark.parametrize("wanted", FORMATS)
def test_every_format_becomes_every_other(tmp_path: Path, wanted: str) -> None:
    given = ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "JPEG2000", "PPM"]

    made = images_of(
        tmp_path, {name: file(plain(), name) for name in given}, format=wanted, width=20
    )

    suffix = FORMATS[wanted].removeprefix("a")
    assert sorted(made.files) == sorted(f"{name}{suffix}" for name in given)
    for name in made.files:
        picture = made.picture(name)
        assert (picture.format, picture.size) == (wanted.upper(), (20, 15))
        assert alike(picture, (10, 7), (200, 30, 60)), name


@pytest.mark.parametrize(
    ("given", "stays"), [("GIF", "a.gif"), ("PNG", "a.png"), ("TIFF", "a.png")]
)
def test_a_format_may_stay_as_it_is(tmp_path: Path, given: str, stays: str) -> None:
    assert list(images_of(tmp_path, {"a": file(plain(), given)}, format="as it is").files) == [
        stays
    ]


@pytest.mark.parametrize("keep", [False, True])
def test_pictures_are_upright_however_the_camera_was_held(tmp_path: Path, keep: bool) -> None:  # noqa: FBT001 - the option
    upright = plain(400, 200, "white")
    upright.paste("red", (0, 0, 200, 200))
    lying = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }
    shots = {
        f"{given}-{orientation}": file(shot, given, exif=turned(orientation))
        for given in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
        for orientation, shot in lying.items()
    }

    made = images_of(tmp_path, shots, width=100, height=100, metadata=keep)

    assert len(made.files) == len(shots)
    for name in made.files:
        picture = made.picture(name)
        assert picture.size == (100, 50), name
        assert alike(picture, (20, 25), (255, 0, 0)), name
        assert alike(picture, (80, 25), (255, 255, 255)), name
        assert picture.getexif().get(0x0112, 1) == 1, name
        assert (picture.getexif().get(0x010F) == "Maker") is keep, name


@pytest.mark.parametrize("wanted", FORMATS)
def test_metadata_go_unless_they_are_to_stay(tmp_path: Path, wanted: str) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" note="mine"/>'
    shot = file(plain(400, 300), "JPEG", exif=turned(1), xmp=xmp, comment="mine")

    gone = images_of(tmp_path, {"a": shot}, format=wanted, width=100)
    kept = images_of(tmp_path, {"a": shot}, format=wanted, width=100, metadata=True)

    name = FORMATS[wanted]
    assert not gone.picture(name).getexif()
    assert b"mine" not in gone.files[name]
    exif = kept.picture(name).getexif()
    assert exif[0x010F] == "Maker"
    assert exif.get_ifd(0x8825)[1] == "N"
    assert (exif.get_ifd(0x8769)[0xA002], exif.get_ifd(0x8769)[0xA003]) == (100, 75)
    assert b"mine" in kept.files[name]


@pytest.mark.parametrize("wanted", FORMATS)
def test_the_colours_that_a_profile_means_are_seen(tmp_path: Path, wanted: str) -> None:
    profile = swapped_profile()
    shot = file(plain(colour=(250, 0, 0)), icc_profile=profile)

    plainly = images_of(tmp_path, {"a": shot}, format=wanted).picture(FORMATS[wanted])
    kept = images_of(tmp_path, {"a": shot}, format=wanted, metadata=True).picture(FORMATS[wanted])

    assert not plainly.info.get("icc_profile")
    assert alike(plainly, (9, 9), (0, 250, 0))
    assert kept.info["icc_profile"] == profile
    assert alike(kept, (9, 9), (250, 0, 0))


def test_a_profile_that_can_not_be_read_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    shot = file(plain(), icc_profile=b"no profile at all, but long enough" * 9)

    made = images_of(tmp_path, {"a": shot})

    assert "colour profile can't be read" in made.done.log
    assert "a.webp" in made.files


@pytest.mark.parametrize("wanted", ["webp", "png", "avif", "as it is"])
def test_what_moves_goes_on_moving(tmp_path: Path, wanted: str) -> None:
    given = {name: moving(name) for name in ("GIF", "PNG", "WEBP", "AVIF")}

    made = images_of(tmp_path, given, format=wanted, width=30)

    assert len(made.files) == len(given)
    for name in made.files:
        picture = made.picture(name)
        assert (getattr(picture, "n_frames", 1), picture.size) == (3, (30, 20)), name
        assert picture.info.get("loop", 0) == 0, name
        durations = []
        for frame in range(3):
            picture.seek(frame)
            picture.load()
            durations.append(picture.info["duration"])
        assert durations == [120, 240, 360], name
    assert made.done.log.count("moves: 3 frames") == len(given)


def test_what_moves_does_not_become_a_jpeg(tmp_path: Path) -> None:
    made = images_of(tmp_path, {"a.gif": moving("GIF"), "b": file(plain())}, format="jpeg")

    assert list(made.files) == ["b.jpg"]
    assert made.why == {
        "a.gif": "It moves, and JPEG holds still pictures only. Choose WebP, PNG or AVIF."
    }


def test_what_has_pages_or_shots_gives_the_first(tmp_path: Path) -> None:
    given = {
        "a.tif": file(plain(), "TIFF", save_all=True, append_images=[plain(10, 10)]),
        "b.jpg": file(plain(), "MPO", save_all=True, append_images=[plain(10, 10)]),
    }

    made = images_of(tmp_path, given, format="jpeg")

    assert [made.picture(name).size for name in ("a.jpg", "b.jpg")] == [(40, 30)] * 2
    assert made.done.log.count("the first of its 2 pages") == 2


@pytest.mark.parametrize(
    ("mode", "colour", "grey", "said"),
    [
        ("I;16", 30_000, 117, "became 256"),
        ("I", 30_000, 117, "became 256"),
        ("F", 0.5, 0, "became 256"),
        ("1", 1, 255, ""),
        ("L", 99, 99, ""),
        ("LA", (99, 255), 99, ""),
        ("P", 0, 0, ""),
        ("CMYK", (0, 0, 0, 156), 99, ""),
    ],
)
def test_every_sort_of_pixels_looks_as_it_did(
    tmp_path: Path, mode: str, colour: Any, grey: int, said: str
) -> None:
    given = file(plain(mode=mode, colour=colour), "TIFF" if mode in {"CMYK", "I", "F"} else "PNG")

    made = images_of(tmp_path, {"a": given}, format="png", width=20)

    assert alike(made.picture("a.png"), (9, 9), (grey, grey, grey))
    assert said in made.done.log


def test_what_was_transparent_is_white_in_a_jpeg_and_stays_so_elsewhere(tmp_path: Path) -> None:
    given = file(plain(colour=(0, 0, 255, 0), mode="RGBA"))

    as_jpeg = images_of(tmp_path, {"a": given}, format="jpeg")
    as_webp = images_of(tmp_path, {"a": given}, format="webp")

    assert alike(as_jpeg.picture("a.jpg"), (9, 9), (255, 255, 255))
    assert "what was transparent is white" in as_jpeg.done.log
    assert as_webp.picture("a.webp").getchannel("A").getextrema() == (0, 0)


def test_a_palette_that_need_not_change_stays_one(tmp_path: Path) -> None:
    given = file(plain().convert("P"), transparency=0)

    made = images_of(tmp_path, {"a": given}, format="png").picture("a.png")

    assert made.mode == "P"
    assert "transparency" in made.info


def test_exif_data_that_can_not_be_read_cost_no_picture(tmp_path: Path) -> None:
    given = file(plain(), "WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)

    assert list(images_of(tmp_path, {"a": given}, metadata=True).files) == ["a.webp"]


def test_a_format_that_can_not_hold_so_large_a_picture_says_so(tmp_path: Path) -> None:
    given = {"a.png": file(plain(17_000, 2, 0, "L")), "b.png": file(plain())}

    made = images_of(tmp_path, given, width=None, height=None)

    size = pixels(17_000, 2)
    assert made.why == {"a.png": f"It would have {size} pixels, and WebP holds 16,383 on a side."}
