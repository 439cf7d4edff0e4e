"""Pictures and archives of every sort, made for a test, and the images kind run on them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms

from tasks.kinds.images import images
from tasks.testing import Done, run_kind


@dataclass(frozen=True)
class Made:
    """What came of pictures; `files` are those in the ZIP."""

    done: Done
    files: dict[str, bytes]

    def picture(self, name: str) -> Image.Image:
        return Image.open(io.BytesIO(self.files[name]))

    @property
    def why(self) -> dict[str, str]:
        """Why each of the skipped was skipped."""
        assert isinstance(self.done.result, dict)
        skipped = self.done.result.get("skipped", [])
        assert isinstance(skipped, list)
        return {str(one["picture"]): str(one["why"]) for one in skipped if isinstance(one, dict)}

    @property
    def table(self) -> list[list[str]]:
        lines = self.done.outputs["pictures.csv"].read_text("utf-8").splitlines()
        return [line.split(",") for line in lines]


def images_of(folder: Path, given: Mapping[str, bytes], **inputs: Any) -> Made:
    """Run the kind on files of these names."""
    paths = []
    for name, content in given.items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    return read(run_kind(images, pictures=paths, **inputs))


def read(done: Done) -> Made:
    with zipfile.ZipFile(done.outputs["pictures.zip"]) as packed:
        return Made(done, {name: packed.read(name) for name in packed.namelist()})


def file(image: Image.Image, as_format: str = "PNG", **how: Any) -> bytes:
    """Return a picture as a file."""
    target = io.BytesIO()
    image.save(target, as_format, **how)
    return target.getvalue()


def plain(width: int = 40, height: int = 30, colour: Any = (200, 30, 60), mode: str = "RGB") -> Any:
    return Image.new(mode, (width, height), colour)


def photo(width: int, height: int) -> bytes:
    """Return a JPEG that takes a while, for nothing in it is plain."""
    noise = Image.effect_noise((width, height), 60)
    return file(Image.merge("RGB", [noise] * 3), "JPEG", quality=90)


def moving(as_format: str, **how: Any) -> bytes:
    """Return three frames; the second one is transparent in part."""
    frames = [plain(60, 40, colour, "RGBA") for colour in ("red", (0, 255, 0, 90), "blue")]
    how = {"duration": [120, 240, 360], "loop": 0} | how
    return file(frames[0], as_format, save_all=True, append_images=frames[1:], **how)


def swapped_profile() -> bytes:
    """Return a colour profile in which red means green, and green means red."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    table, rest = profile[:512], profile[512:]
    table = table.replace(b"rXYZ", b"TEMP").replace(b"gXYZ", b"rXYZ").replace(b"TEMP", b"gXYZ")
    return (table + rest).replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))


def turned(orientation: int, **more: Any) -> bytes:
    """Return EXIF data of a camera that was held so."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8769)[0xA002] = 4000
    exif.get_ifd(0x8769)[0xA003] = 3000
    exif.get_ifd(0x8825)[1] = "N"
    for tag, value in more.items():
        exif[int(tag)] = value
    return exif.tobytes()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """Return a PNG of some hundred bytes that says it has so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


def archive(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP with files of these names, whatever they are."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return target.getvalue()


def encrypted(packed: bytes) -> bytes:
    """Return the ZIP with every file marked as encrypted."""
    marked = bytearray(packed)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = marked.find(signature)
        while start >= 0:
            marked[start + at] |= 1
            start = marked.find(signature, start + 4)
    return bytes(marked)
