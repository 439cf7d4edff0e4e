"""Which encoding a text is in, judged by its bytes."""

import codecs

import charset_normalizer

from tasks.kinds.tables.sniff import utf_16_without_bom

CODECS = {
    "UTF-8": "utf-8",
    "UTF-16": "utf-16",
    "Windows-1252 (Western)": "cp1252",
    "Windows-1250 (Central European)": "cp1250",
    "Windows-1251 (Cyrillic)": "cp1251",
    "Windows-1253 (Greek)": "cp1253",
    "Windows-1254 (Turkish)": "cp1254",
    "Shift JIS (Japanese)": "cp932",
    "GB 18030 (Chinese)": "gb18030",
    "Mac Roman": "mac_roman",
    "DOS 850": "cp850",
}
NAMES = {codec: name for name, codec in CODECS.items()} | {
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
}
# From the most to the least likely among those that explain a text equally well.
LEGACY = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp932",
    "gb18030",
    "mac_roman",
    "cp850",
)
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # Before UTF-16's, which begins it.
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
TELLING = 65_536  # bytes of lines with non-ASCII letters are enough to judge by
CLOSE = 0.1  # of the letters' frequencies, in which a short text differs from its language
EVIDENCE = 10  # letters in proper UTF-8 for each broken one that make a text UTF-8 all the same


def detect(head: bytes) -> str:
    """Return the codec that explains the first bytes of a text; UTF-8 if they are ASCII."""
    for bom, codec in BOMS:
        if head.startswith(bom):
            return codec
    return utf_16_without_bom(head[:4096]) or detect_eight_bit(head)


def detect_eight_bit(piece: bytes) -> str:
    """Return the codec of a piece of text that is no UTF-16: UTF-8, or what explains it best.

    A few broken characters among many good ones don't make a UTF-8 text something else.
    """
    decoded = codecs.getincrementaldecoder("utf-8")("replace").decode(piece)
    broken = decoded.count("\N{REPLACEMENT CHARACTER}")
    letters = sum(1 for character in decoded if character > "\x7f") - broken
    if broken * EVIDENCE <= letters:
        return "utf-8"
    lines = [line for line in piece.splitlines() if not line.isascii()]
    found = charset_normalizer.from_bytes(b"\n".join(lines)[:TELLING], cp_isolation=list(LEGACY))
    chaos = min((match.chaos for match in found), default=0)
    sense = max((match.coherence for match in found if match.chaos == chaos), default=0)
    explains = {
        codec
        for match in found
        if match.chaos == chaos and match.coherence >= sense - CLOSE
        for codec in (match.encoding, *match.could_be_from_charset)
    }
    return next((codec for codec in LEGACY if codec in explains), "cp1252")
