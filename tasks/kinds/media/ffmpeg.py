"""Runs ffmpeg: tells how far it is, keeps what it says, and ends it with whoever waits for it."""

import errno
import logging
import os
import selectors
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import IO

from tasks.kind import BadInput
from tasks.kinds.media import reasons

logger = logging.getLogger(__name__)

Tell = Callable[[float, float | None], object]
"""Takes how many seconds of the result are done, and how many of them pass in each second."""

HEAD, TAIL = 60, 200  # lines that are kept of what ffmpeg writes; a damaged file makes millions
LINE = 2_000  # characters of a line; a title in a file may be longer
SHOWN = 15  # last lines that the job's log shows of a failure

_PROGRAM = (
    "-nostdin",
    "-hide_banner",
    "-nostats",
    *("-loglevel", "level+info"),
    *("-progress", "pipe:1"),
    *("-stats_period", "0.5"),
    "-y",
)

# What can be opened: containers that hold sound or video themselves. Lists that name other files
# or addresses (playlists, concat, DASH, SDP, image sequences) are not among them, nor is what
# turns any text into a picture.
DEMUXERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,av1,avi,caf,dsf,dts,dtshd,dv,eac3,flac,flv,gif,gsm,"
    "h264,hevc,iff,ivf,m4v,matroska,webm,mjpeg,mlp,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,"
    "mpegts,mpegvideo,mxf,nut,obu,ogg,rm,tak,truehd,tta,vc1,voc,w64,wav,wtv,wv,yuv4mpegpipe"
)
MOST_PIXELS = 8_192 * 4_320  # 8K; a few bytes can claim a picture that fills the memory


def opening(path: os.PathLike[str], *where: str) -> list[str]:
    """Return the arguments that open a file, whatever its name and its content are.

    Args:
        path: the file.
        where: arguments that say which part of it is read.
    """
    return [
        *("-protocol_whitelist", "file"),
        *("-format_whitelist", DEMUXERS),
        *("-max_pixels", str(MOST_PIXELS)),
        *where,
        *("-i", named(path)),
    ]


def named(path: os.PathLike[str]) -> str:
    """Return a file's name as ffmpeg takes it: never an option, an address or a pattern."""
    return f"file:{os.fspath(path)}"


def run(arguments: Sequence[str], name: str, tell: Tell) -> list[str]:
    """Run ffmpeg and return what it wrote, its first and its last lines.

    Args:
        arguments: what it is to do, beside what is the same for all.
        name: what the person calls the file that is worked on.
        tell: is called about twice a second. Whatever it raises ends ffmpeg.

    Raises:
        BadInput: ffmpeg can't read the file; the words say why.
        OSError: there is no room for the result.
        MemoryError: ffmpeg got no memory.
        RuntimeError: it was killed.
    """
    status, written = _followed(arguments, tell)
    if status:
        raise _failure(status, written, name)
    return written


def report(path: os.PathLike[str]) -> tuple[int, list[str]]:
    """Return what ffmpeg writes of a file that it only opens, and whether it could: 0 if so."""
    status, written = _followed(opening(path), lambda _done, _speed: None)
    # It calls it a mistake to be asked for nothing but that.
    opened = any("At least one output file must be specified" in line for line in written)
    return 0 if opened else status, written


def _failure(status: int, written: Sequence[str], name: str) -> Exception:
    if status < 0:
        ended = signal.Signals(-status).name
        return RuntimeError(
            f"ffmpeg was ended by {ended}, as it is when a machine is short of memory."
        )
    if reasons.is_full(written):
        return OSError(errno.ENOSPC, "There is no room for the result")
    if reasons.is_short_of_memory(written):
        return MemoryError("ffmpeg got no memory")
    return refusal(written, name)


def refusal(written: Sequence[str], name: str) -> BadInput:
    """Return the error for a file that ffmpeg gave up; the job's log gets ffmpeg's own words."""
    for line in [line for line in written if line.strip()][-SHOWN:]:
        logger.error("ffmpeg: %s", reasons.without_paths(line))
    return BadInput(f"{name} can't be worked on: {reasons.reason(written)}.")


def _followed(arguments: Sequence[str], tell: Tell) -> tuple[int, list[str]]:
    head: list[str] = []
    tail: deque[str] = deque(maxlen=TAIL)
    with _started(arguments) as process:
        done, speed = 0.0, None
        for stream, line in _lines(process):
            if stream is process.stderr:
                if not _is_tag(line):
                    (head if len(head) < HEAD else tail).append(line)
                continue
            key, _, value = line.partition("=")
            if key == "out_time_us":
                done = max(done, (_number(value) or 0.0) / 1e6)
            elif key == "speed":
                speed = _number(value.strip().removesuffix("x"))
            elif key == "progress":
                tell(done, speed)
        return process.wait(), [*head, *tail]


def _is_tag(line: str) -> bool:
    """Return whether a line is what a file says about itself: lyrics, chapters, a description."""
    return line.startswith(("[info]     ", "                    : "))


@contextmanager
def _started(arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start ffmpeg; it does not outlive the block, whatever ends that."""
    process = subprocess.Popen(  # noqa: S603 - a vector without a shell; files are named by `named`
        [program(), *_PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        # Nothing of ours: ffmpeg heeds variables such as FFREPORT, and needs none of our secrets.
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "AV_LOG_FORCE_NOCOLOR": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


def _lines(process: subprocess.Popen[bytes]) -> Iterator[tuple[IO[bytes], str]]:
    """Yield the lines of both streams as they come; a signal's exception wakes the waiting."""
    begun: dict[IO[bytes], bytes] = {}
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, stream)
                begun[stream] = b""
        while selector.get_map():
            for key, _events in selector.select():
                stream = key.data
                piece = os.read(key.fd, 65_536)
                *lines, rest = (begun[stream] + piece).split(b"\n")
                if not piece:
                    selector.unregister(stream)
                    lines, rest = [rest], b""
                begun[stream] = rest[:LINE]
                for line in lines:
                    yield stream, line[:LINE].decode("utf-8", "replace").rstrip()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # It writes N/A for what it does not know yet.
        return None


@cache
def program() -> str:
    """Return the path of ffmpeg: the one that its package carries.

    Raises:
        RuntimeError: there is none for this machine.
    """
    import imageio_ffmpeg  # type: ignore[import-untyped]  # it has no types

    return str(imageio_ffmpeg.get_ffmpeg_exe())
