"""Brings pictures into the colours in which they can be resized, written and seen alike."""

import io
from functools import lru_cache
from typing import Final

from PIL import Image, ImageCms

_SRGB: Final = "sRGB"
_DEEP = 257  # times a value of 8 bits is that of 16 bits which looks the same


def plain(image: Image.Image) -> tuple[Image.Image, str]:
    """Return the picture in 8 bits of grey or RGB, with alpha if it has any, and what was lost.

    CMYK stays, for its profile is to say which colours it means.
    """
    mode, see_through = image.mode, "transparency" in image.info
    if mode in {"LA", "RGBA", "CMYK"} or (mode in {"L", "RGB"} and not see_through):
        return image, ""
    if mode.startswith("I") or mode == "F":
        return _eight_bits(image), "its fine grey levels became 256"
    if mode == "1":
        return image.convert("L"), ""
    return image.convert("RGBA" if see_through or mode in {"PA", "La", "RGBa"} else "RGB"), ""


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return grey levels of 16 bits as they look in 8, and others by their darkest and lightest."""
    wide = image.convert("F")
    low, high = 0.0, _DEEP * 255.0
    if not image.mode.startswith("I;16"):
        darkest, lightest = (float(str(one)) for one in wide.getextrema())
        if darkest < 0 or not 255 < lightest <= high:  # noqa: PLR2004 - 16 bits, held in more
            low, high = darkest, lightest
    scale = 255 / ((high - low) or 1)
    return wide.point(lambda value: value * scale - low * scale).convert("L")


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str]:
    """Return the picture with its profile's colours in sRGB, which all take for granted.

    Also what went wrong, in words: a profile that can't be read is left out.
    """
    wanted = "RGBA" if image.mode in {"RGBA", "LA"} else "RGB"
    try:
        if profile is None or _is_srgb(profile):
            return (image.convert("RGB") if image.mode == "CMYK" else image), ""
        if image.mode == "LA":
            grey, alpha = image.split()
            seen = _transform(profile, "L", "RGB").apply(grey)
            seen.putalpha(alpha)
        else:
            seen = _transform(profile, image.mode, wanted).apply(image)
    except (ImageCms.PyCMSError, OSError, ValueError):
        words = "its colour profile can't be read and is left out"
        return (image.convert("RGB") if image.mode == "CMYK" else image), words
    # A picture in grey stays one: its red, green and blue are equal now.
    return (seen.convert(image.mode) if image.mode in {"L", "LA"} else seen), ""


@lru_cache(maxsize=16)
def can_stay(profile: bytes, mode: str) -> bool:
    """Return whether a picture of such a mode can be written together with its profile.

    Not so in grey, for some formats make grey into RGB, of which its profile knows nothing.
    """
    try:
        space = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space
    except (ImageCms.PyCMSError, OSError, ValueError):
        return False
    return mode in {"RGB", "RGBA"} and space.strip() == "RGB"


@lru_cache(maxsize=16)
def _is_srgb(profile: bytes) -> bool:
    read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return _SRGB in ImageCms.getProfileDescription(read)


@lru_cache(maxsize=16)
def _transform(profile: bytes, given: str, wanted: str) -> ImageCms.ImageCmsTransform:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.ImageCmsProfile(ImageCms.createProfile(_SRGB))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return ImageCms.ImageCmsTransform(source, target, given, wanted, intent)


def opaque(image: Image.Image) -> tuple[Image.Image, str]:
    """Return the picture without transparency, on white, and that this was done."""
    if image.mode not in {"LA", "RGBA"}:
        return image, ""
    alpha = image.getchannel("A")
    lowest, _highest = alpha.getextrema()
    below = Image.new("RGB", image.size, "white")
    below.paste(image.convert("RGB"), mask=alpha)
    see_through = isinstance(lowest, int | float) and lowest < 255  # noqa: PLR2004 - opaque
    return below, "what was transparent is white" if see_through else ""
