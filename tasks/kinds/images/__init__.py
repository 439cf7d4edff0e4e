"""The kind that resizes and converts pictures, many at a time."""

from typing import Annotated

from pydantic import Field

from tasks.kind import Accept, Upload, kind, longest
from tasks.kinds.images.options import Format, Options


@kind(
    title="Resize and convert pictures",
    icon="images",
    time_limit=longest(),
    retries=2,
    retry_for=(OSError,),
    preload=("tasks.kinds.images.run",),  # Pillow starts no threads.
)
def images(
    pictures: Annotated[
        list[Upload],
        Accept("image/*", ".jfif", ".zip", strict=False),
        Field(min_length=1, max_length=10_000, description="pictures, or ZIP archives of them"),
    ],
    width: Annotated[
        int | None,
        Field(ge=1, le=16_000, description="in pixels, at most; empty for no limit"),
    ] = 1600,
    height: Annotated[
        int | None,
        Field(ge=1, le=16_000, description="in pixels, at most; empty for no limit"),
    ] = 1600,
    format: Annotated[  # noqa: A002 - the field's name on the form and in the API
        Format,
        Field(
            description=(
                "WebP and AVIF make the smallest files, JPEG and PNG are shown everywhere; JPEG "
                "has neither transparency nor movement"
            )
        ),
    ] = "webp",
    quality: Annotated[
        int,
        Field(ge=1, le=100, description="of WebP, JPEG and AVIF; 80 looks like the original"),
    ] = 80,
    enlarge: Annotated[
        bool, Field(description="bring smaller pictures to that size, too; they get no sharper")
    ] = False,
    metadata: Annotated[
        bool,
        Field(
            title="Keep metadata",
            description=(
                "keep what the camera wrote: time, place, settings and colour profile. Otherwise "
                "nothing of it stays, and the colours become those that every screen knows (sRGB)"
            ),
        ),
    ] = False,
) -> dict[str, object]:
    """Makes pictures smaller, turns them upright, and packs them into one ZIP.

    Width and height are the most that a picture gets; it keeps its proportions. Moving pictures
    go on moving in WebP, PNG, AVIF and GIF.

    Beside the ZIP you get a contact sheet to look at and a table with the sizes before and after.
    What can't be worked on is named with the reason, and the rest is done. Folders in a ZIP stay
    folders.
    """
    from tasks.kinds.images.run import run

    return run(pictures, Options(width, height, enlarge, format, quality, metadata))
