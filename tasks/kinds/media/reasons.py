"""Why ffmpeg gave up, in words, read from what it wrote."""

import re
from collections.abc import Sequence

# The first of these that stands in any line is the reason: what is most exact comes first.
_REASONS = {
    r"detected only with low score of 1,": (
        "only its name says that it is sound or video, not what is in it"
    ),
    r"moov atom not found": (
        "its index is missing, as when a recording or a transfer was broken off. "
        "Send the whole file"
    ),
    r"Format not on whitelist": (
        "it is neither sound nor video. Pictures, subtitles, playlists and other lists of files "
        "are not taken"
    ),
    r"exceeds specified max pixel count": "its picture is larger than 8K",
    r"(?i)\bencrypted\b|\benc[va]\b|\bdrm[is]\b|activation_bytes": (
        "it is encrypted, and can only be played by the program it was bought for"
    ),
    r"no decoder found for|Decoder .* not found|Unsupported codec|Decoding requested, but": (
        "it is encoded in a way that ffmpeg can't read"
    ),
    r"Decode error rate .* exceeds": "it is damaged so badly that most of it can't be decoded",
    r"received no packets|Output file is empty|Could not open encoder before EOF": (
        "nothing can be read from it between the start and the end that were asked for. "
        "It may be damaged there, or end earlier than it says"
    ),
    r"(?i)Could not find codec parameters|unspecified size|unspecified sample": (
        "what is in it can't be made out: it is damaged, or cut off near its beginning"
    ),
    r"matches no streams|does not contain any stream": "it holds neither sound nor video",
    r"Invalid data found when processing input|End of file": (
        "it is not sound or video in any form that ffmpeg knows, or its beginning is damaged"
    ),
}
_FULL = re.compile(r"No space left on device|Disk quota exceeded|File too large")
_MEMORY = re.compile(r"Cannot allocate memory")
_LEVEL = re.compile(r"\[(?:error|fatal|panic)\] (.*)")
# What ffmpeg says of every failure: that there was one, and in which of its threads.
_IDLE = re.compile(
    r"Error opening (?:in|out)put files?|Task finished with error code|Terminating thread|"
    r"At least one output file|Conversion failed"
)


def reason(lines: Sequence[str]) -> str:
    """Return why ffmpeg gave a file up, as the end of a sentence that began with its name."""
    for pattern, words in _REASONS.items():
        if any(re.search(pattern, line) for line in lines):
            return words
    said = [found[1] for line in lines if (found := _LEVEL.search(line))]
    telling = [line for line in said if not _IDLE.search(line)] or said
    if not telling:
        return "ffmpeg does not say why"
    return f"ffmpeg says: {without_paths(telling[0]).strip().rstrip('.')[:300]}"


def is_full(lines: Sequence[str]) -> bool:
    """Return whether there was no room to write: nothing is wrong with the file then."""
    return any(_FULL.search(line) for line in lines)


def is_short_of_memory(lines: Sequence[str]) -> bool:
    """Return whether ffmpeg got no memory."""
    return any(_MEMORY.search(line) for line in lines)


def damages(lines: Sequence[str]) -> list[str]:
    """Return what a run that came to its end wrote about damaged data on its way."""
    return [line for line in lines if "[error]" in line or "[warning] corrupt" in line]


def without_paths(line: str) -> str:
    """Return a line without the paths of this machine, which tell a reader nothing."""
    return re.sub(r"'file:[^']+'|file:\S+[^\s.]", "the file", line)
