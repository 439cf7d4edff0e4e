"""What jobs are likely to be called, given and ended by: the words of a made-up history."""

import random
from dataclasses import dataclass
from typing import Any, Final

# Each kind of this project, and how many of a hundred jobs are of it; one is rare.
KINDS: Final = ("images", "media", "tables", "hello", "archive", "compare")
UP_TO: Final = (38, 60, 78, 90, 99, 100)  # those before it included
QUEUES: Final = {"media": "media", "archive": "commands"}
PEOPLE: Final = tuple(
    f"{name}{number}"
    for number in ("", 2, 3, 4)
    for name in ("ada", "grace", "linus", "barbara", "edsger", "frances", "donald", "radia")
)
NOUNS: Final = (
    *("holiday", "invoice", "portrait", "garden", "harbour", "wedding", "survey", "concert"),
    *("lecture", "podcast", "minutes", "budget", "census", "orders", "weather", "museum"),
)
PLACES: Final = ("berlin", "lagos", "osaka", "quito", "oslo", "porto", "delhi", "austin")

FOLDER: Final = 150  # pictures; a few jobs are given a whole folder

SUFFIXES: Final = {"images": "jpg", "media": "mp4", "tables": "csv"}
# What the forms are filled with beside files, as their defaults are.
OTHERS: Final[dict[str, dict[str, Any]]] = {
    "images": {
        "width": 1600,
        "height": 1600,
        "format": "webp",
        "quality": 80,
        "enlarge": False,
        "metadata": False,
    },
    "media": {
        "to": "mp4",
        "quality": "good",
        "start": None,
        "end": None,
        "width": None,
        "height": 720,
        "enlarge": False,
        "loudness": None,
    },
    "tables": {
        "cleaned": "parquet",
        "drop_duplicates": True,
        "missing": "NA, N/A, NULL",
        "slashes": "leave as text",
        "header": True,
        "skip": 0,
        "uneven": "fill up short ones, set long ones aside",
        "separator": "detect",
        "encoding": "detect",
        "sheet": None,
    },
    "archive": {"format": "tar.gz"},
    "compare": {"context": 3, "spaces": False, "capitals": False},
}


@dataclass(frozen=True, slots=True)
class Error:
    """What a job failed with."""

    type: str | None
    message: str | None
    traceback: str | None

    @property
    def columns(self) -> tuple[str | None, str | None, str | None]:
        """Return it as a row of `jobs` has it."""
        return self.type, self.message, self.traceback


NO_ERROR: Final = Error(None, None, None)

ERRORS: Final = (
    ("ConnectionRefusedError", "[Errno 111] Connection refused by 10.0.{a}.{b}:5432"),
    ("ValueError", "the column price_{a} has no number in line {b}"),
    ("OSError", "[Errno 28] No space left on device while writing part {b}"),
    ("CalledProcessError", "ffmpeg returned exit status {a}: Invalid data found at frame {b}"),
    ("UnidentifiedImageError", "cannot identify image file number {b}"),
    ("KeyError", "no column of that name in sheet {a}"),
    ("TimeoutError", "the storage did not answer within {a} s"),
    ("MemoryError", "{b} MiB were asked for"),
)
FUNCTIONS: Final = ("read", "decode", "measure", "resize", "write", "publish")
FRAMES: Final = 8


def error(chance: random.Random, kind: str) -> Error:
    """Return one of some hundred causes; its numbers differ each time."""
    type_, words = chance.choice(ERRORS)
    message = words.format(a=chance.randrange(256), b=chance.randrange(256))
    function = chance.choice(FUNCTIONS)
    frames = "".join(
        f'  File "/srv/postroom/tasks/kinds/{kind}/{FUNCTIONS[number % 6]}.py",'
        f" line {10 + number}, in step_{number}\n    step_{number + 1}(job, options, {number})\n"
        for number in range(FRAMES)
    )
    last = f'  File "/srv/postroom/tasks/kinds/{kind}/{function}.py", line 42, in {function}\n'
    traceback = f"Traceback (most recent call last):\n{frames}{last}    raise\n{type_}: {message}\n"
    return Error(type_, message, traceback)


def kind_and_files(chance: random.Random) -> tuple[str, int]:
    """Return a kind, and how many files a job of it is given."""
    kind = chance.choices(KINDS, cum_weights=UP_TO)[0]
    if kind == "images":
        return kind, FOLDER if chance.random() < 0.001 else 1 + int(chance.expovariate(0.7))
    return kind, {"hello": 0, "archive": 3, "compare": 2}.get(kind, 1)


def inputs(
    chance: random.Random, kind: str, subject: str, several: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the inputs of a job as its row keeps them, and the uploads among them."""
    if kind == "hello":
        return {"name": subject, "seconds": 3, "ending": "succeed"}, []
    suffix, name = SUFFIXES.get(kind, "txt"), subject.replace(" ", "-")
    uploads = [
        {
            "id": f"{chance.getrandbits(128):032x}",
            "name": f"{name}-{number}.{suffix}",
            "size": 200_000 + chance.getrandbits(20),
            "sha256": f"{chance.getrandbits(256):064x}",
        }
        for number in range(1, several + 1)
    ]
    given: dict[str, Any]
    if kind == "images":
        given = {"pictures": uploads}
    elif kind == "archive":
        given = {"files": uploads, "name": name}
    elif kind == "compare":
        given = {"before": uploads[0], "after": uploads[1]}
    else:
        given = {"file": uploads[0]}
    return given | OTHERS[kind], uploads
