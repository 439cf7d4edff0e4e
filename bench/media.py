"""What the media kind adds to ffmpeg, which does the work: time, and memory over many jobs.

    python -m bench.media [SECONDS] [ROUNDS]
    python -m bench.media jobs [NUMBER]

Makes a video of so many seconds (40 by default) and converts it in turn, a few rounds (3): with the
command that a person would type, with the kind's own command, and with the kind, which also opens
the file before, tells how far it is, opens the result and draws a poster. The second form runs many
short jobs (300) and says what the process holds after each hundred.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tasks.kinds.media import command, ffmpeg, source
from tasks.kinds.media.formats import FORMATS
from tasks.kinds.media.options import Options
from tasks.kinds.media.plan import planned
from tasks.kinds.media.run import Work

CLIP = "film.mkv"


def main() -> None:
    arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments[:1] == ["jobs"]:
            jobs(folder, int(arguments[1]) if len(arguments) > 1 else 300)
        else:
            compare(folder, *(int(one) for one in arguments))


class Used(NamedTuple):
    """What a piece of work used; its CPU tells more where others use the machine, too."""

    seconds: float
    cpu: float


def compare(folder: Path, seconds: int = 40, rounds: int = 3) -> None:
    make(folder / CLIP, "1280x720", seconds)
    ways = {"typed": typed, "its command": own_command, "the kind": the_kind}
    used: dict[str, list[Used]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            used[name].append(measured(partial(way, folder)))
    print(f"{seconds} s of 1280x720 to mp4, best of {rounds} rounds in turn\n")
    print(f"{'':12} {'seconds':>8} {'ratio':>6} {'of CPU':>8} {'ratio':>6}")
    first = None
    for name, each in used.items():
        one = Used(min(at.seconds for at in each), min(at.cpu for at in each))
        first = first or one
        wall, cpu = one.seconds / first.seconds, one.cpu / first.cpu
        print(f"{name:12} {one.seconds:8.2f} {wall:6.3f} {one.cpu:8.2f} {cpu:6.3f}")
    print("\nThe aim: the kind adds under 2 %, a ratio below 1.02.")


def typed(folder: Path) -> None:
    """Convert as a person does in a terminal, with the same encoders."""
    mp4 = FORMATS["mp4"]
    run(
        *("-i", str(folder / CLIP), "-pix_fmt", "yuv420p", *mp4.video["good"]),
        *(*mp4.audio["good"], *mp4.muxer, str(folder / "typed.mp4")),
    )


def own_command(folder: Path) -> None:
    path = folder / CLIP
    plan = planned(source.look(path, CLIP), path, CLIP, Options())
    run(*command.conversion(plan, folder / "own.mp4", folder / "heard"))


def the_kind(folder: Path) -> None:
    work(folder, Options()).do()


def work(folder: Path, options: Options) -> Work:
    return Work(folder / CLIP, CLIP, options, folder.joinpath, lambda *_: None, lambda _: None)


def run(*arguments: str) -> None:
    subprocess.run([ffmpeg.program(), "-nostdin", "-v", "error", "-y", *arguments], check=True)


def measured(do: Callable[[], None]) -> Used:
    begun, before = time.perf_counter(), cpu()
    do()
    return Used(time.perf_counter() - begun, cpu() - before)


def cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def jobs(folder: Path, number: int) -> None:
    """Run short jobs of every sort, and one in five that fails, in one process."""
    make(folder / CLIP, "64x64", 1)
    (folder / "broken").write_bytes(b"\x8f\x13\xa7" * 1000)
    sorts = [Options(), Options(to="mp3"), Options(to="opus", loudness=-16), Options(to="m4a")]
    held = 0.0
    for done in range(1, number + 1):
        if done % 5:
            work(folder, sorts[done % len(sorts)]).do()
        else:
            ffmpeg.report(folder / "broken")
        if done % 100 == 0:
            now = resident()
            print(f"{done:6,} jobs: {now:7.1f} MB" + (f" ({now - held:+.2f})" if held else ""))
            held = now
    print(f"open files: {len([*Path('/proc/self/fd').iterdir()])}")


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def make(path: Path, size: str, seconds: int) -> None:
    # With noise, for even colours cost an encoder next to nothing.
    picture = f"testsrc2=s={size}:r=25:d={seconds},noise=alls=4:allf=t"
    run(
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"anoisesrc=d={seconds}:a=0.2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac", str(path)),
    )


if __name__ == "__main__":
    main()
