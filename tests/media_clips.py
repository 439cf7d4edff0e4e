"""Short clips of sound and video, made by ffmpeg itself."""

import subprocess
from pathlib import Path

from tasks.kinds.media import ffmpeg


def clip(path: Path, *arguments: str) -> Path:
    """Have ffmpeg write a file from these arguments."""
    command = [ffmpeg.program(), "-nostdin", "-v", "error", "-y", *arguments, f"file:{path}"]
    subprocess.run(command, check=True)
    return path


def sound(path: Path, seconds: float = 1, *arguments: str) -> Path:
    return clip(path, "-f", "lavfi", "-i", f"sine=440:d={seconds}", *arguments)


def video(path: Path, seconds: float = 1, size: str = "320x180", *arguments: str) -> Path:
    return clip(
        path,
        *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={seconds}"),
        *("-f", "lavfi", "-i", f"sine=440:d={seconds}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", *arguments),
    )
