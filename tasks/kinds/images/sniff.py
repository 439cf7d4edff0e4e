"""What a file is, by its first bytes, whatever its name says."""

HEAD = 64  # bytes that are enough to tell

#: The formats that are read, by Pillow's names. Each can be recognised, and none runs a program.
#: MPO, the several shots of some cameras, is a JPEG for as long as it is unopened.
READ = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP", "JPEG2000", "PPM")

_READABLE = "It takes JPEG, PNG, GIF, WebP, AVIF, TIFF and BMP"

_PICTURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    *((b"P%d" % number, "PPM") for number in range(1, 7)),
)
_OTHERS = (
    (b"PK\x03\x04", "is a ZIP archive, or a document of that make"),
    (b"PK\x05\x06", "is an empty ZIP archive"),
    (b"Rar!", "is a RAR archive. Pack the pictures as ZIP"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive. Pack the pictures as ZIP"),
    (b"\x1f\x8b", "is compressed with gzip. Pack the pictures as ZIP"),
    (b"%PDF", "is a PDF, not a picture"),
    (b"8BPS", "is a Photoshop document. Export it as PNG or JPEG"),
    (b"\0\0\x01\0", "is an icon. Save it as PNG"),
    (b"RIFF", "is sound or video, not a picture"),
    (b"OggS", "is sound or video, not a picture"),
    (b"\x1aE\xdf\xa3", "is a video, not a picture"),
    (b"ID3", "is sound, not a picture"),
)
_HEIC = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}
_SUFFIXES = {
    "JPEG": {"jpg", "jpeg", "jpe", "jfif", "mpo"},
    "PNG": {"png", "apng"},
    "GIF": {"gif"},
    "WEBP": {"webp"},
    "AVIF": {"avif", "avifs"},
    "TIFF": {"tif", "tiff"},
    "BMP": {"bmp", "dib"},
    "ZIP": {"zip"},
}


def picture(head: bytes) -> str | None:
    """Return the picture format, by Pillow's name, that the first HEAD bytes of a file begin."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        # `mif1` says no more than "pictures"; what they are stands among the compatible brands.
        brands = {head[at : at + 4] for at in range(8, len(head), 4)}
        return "AVIF" if brands & _AVIF else None
    return next((name for magic, name in _PICTURES if head.startswith(magic)), None)


def not_a_picture(head: bytes) -> str:
    """Return in words what a file is whose first bytes begin no picture that can be read."""
    if not head:
        return "is empty"
    if head[4:8] == b"ftyp":
        if head[8:12] in _HEIC:
            return "is a HEIC picture. Save it as JPEG: phones do that when they share one"
        return "is a video, not a picture"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml")):
        return "is a drawing (SVG) or another text, not a picture made of pixels"
    found = next((words for magic, words in _OTHERS if head.startswith(magic)), None)
    return found or f"is no picture, or one of an unknown kind. {_READABLE}"


def called(found: str) -> str:
    """Return what to call a picture of a format: a JPEG picture."""
    name = "JPEG" if found == "MPO" else {"WEBP": "WebP"}.get(found, found)
    return f"{'an' if name == 'AVIF' else 'a'} {name} picture"


def misnamed(name: str, found: str) -> bool:
    """Return whether a name's suffix is that of another format than the one found."""
    suffix = name.rpartition(".")[2].lower()
    if found == "MPO":
        found = "JPEG"
    return any(suffix in suffixes and one != found for one, suffixes in _SUFFIXES.items())
