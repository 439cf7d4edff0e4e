"""What the images kind costs beside Pillow itself, on one core.

    python -m bench.images [PICTURES] [FORMAT]
    python -m bench.images workers [PICTURES] [FORMAT]

Makes so many photographs of 12 megapixels (60 by default), and makes them smaller twice (as WebP
by default), each time in a process of its own that may use one core:

- the kind, as a worker runs it: everything that the page shows, with ledger, storage, parts kept
  for a next attempt, contact sheet, table, and the ZIP;
- Pillow's own `thumbnail` and `save` in a loop: the same sizes and settings, files in a folder.

Both ways are gone in turns, three times, and the best of each counts, for others use the machine.

The second form runs the kind in as many processes at once as there are cores, as workers do: each
on its own core and with all the pictures. It says how many times the work of one process they do.
"""

import io
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image, ImageChops, ImageOps

SIZE, SIDE, QUALITY, TURNS = (4000, 3000), 1600, 80, 3


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"]:
        os.sched_setaffinity(0, {int(arguments[4])})
        work = {"kind": kind, "Pillow": plain}[arguments[1]]
        work(Path(arguments[2]), arguments[3])
        return
    several = arguments[:1] == ["workers"]
    arguments = arguments[several:]
    count = int(arguments[0]) if arguments else 60
    target = arguments[1] if len(arguments) > 1 else "webp"
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), count)
        (together if several else compare)(folder, count, target)


def compare(folder: str, count: int, target: str) -> None:
    core = min(os.sched_getaffinity(0))
    print(f"{count} photographs of {SIZE[0]} x {SIZE[1]}, to {target} of {SIDE}, on one core\n")
    print(f"{'':8} {'seconds':>8} {'of CPU':>8} {'peak MB':>8}")
    best: dict[str, tuple[float, float]] = {}
    for name in ("Pillow", "kind") * TURNS:
        seconds, cpu, megabytes = measured(name, folder, target, core)
        print(f"{name:8} {seconds:8.2f} {cpu:8.2f} {megabytes:8,.0f}")
        least, used = best.get(name, (seconds, cpu))
        best[name] = (min(least, seconds), min(used, cpu))
    (by_pillow, its_cpu), (by_kind, our_cpu) = best["Pillow"], best["kind"]
    print(f"\n{'ratio':8} {by_kind / by_pillow:8.2f} {our_cpu / its_cpu:8.2f}")
    print("\nThe aim: a ratio of at most 1.10.")


def together(folder: str, count: int, target: str) -> None:
    cores = sorted(os.sched_getaffinity(0))
    print(f"{count} photographs of {SIZE[0]} x {SIZE[1]}, to {target}, in each process\n")
    print(f"{'processes':9} {'seconds':>8} {'of CPU':>8} {'times the work':>15}")
    alone = 0.0
    for used in (cores[:1], cores) * TURNS:
        with ThreadPoolExecutor(len(used)) as pool:
            each = list(pool.map(lambda core: measured("kind", folder, target, core), used))
        seconds, cpu = (max(one[at] for one in each) for at in (0, 1))
        alone = seconds if len(used) == 1 else alone
        print(f"{len(used):9} {seconds:8.2f} {cpu:8.2f} {len(used) * alone / seconds:15.2f}")


def measured(what: str, folder: str, target: str, core: int) -> tuple[float, float, float]:
    """Return seconds and seconds of CPU, as the process took them itself, and megabytes."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.images", "run", what, folder, target, str(core)],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        said = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = status
    assert status == 0, f"{what} failed"
    seconds, cpu = map(float, said.split())
    return seconds, cpu, used.ru_maxrss / 1000


def kind(folder: Path, target: str) -> None:
    from tasks.kinds.images import images
    from tasks.testing import Trial

    pictures = sorted(folder.iterdir())
    trial = Trial(
        images, pictures=pictures, width=SIDE, height=SIDE, format=target, quality=QUALITY
    )
    begun, used = time.perf_counter(), time.process_time()
    done = trial.run()
    print(time.perf_counter() - begun, time.process_time() - used)
    assert len(zipfile.ZipFile(done.outputs["pictures.zip"]).namelist()) == len(pictures)


def plain(folder: Path, target: str) -> None:
    with tempfile.TemporaryDirectory() as results:
        # Pillow loads its formats when the first picture is opened.
        Image.new("L", (1, 1)).save(io.BytesIO(), target)
        begun, used = time.perf_counter(), time.process_time()
        for path in folder.iterdir():
            with Image.open(path) as image:
                image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
                upright = ImageOps.exif_transpose(image)
                upright.save(Path(results) / f"{path.stem}.{target}", quality=QUALITY)
        print(time.perf_counter() - begun, time.process_time() - used)


def make(folder: Path, count: int) -> None:
    """Write pictures with large forms and fine noise, of which cameras make files as large."""
    width, height = SIZE
    coarse = Image.effect_noise((width // 16, height // 16), 80)
    fine = Image.effect_noise((width, height), 10)
    ramp = Image.linear_gradient("L").resize(SIZE)
    clouds = coarse.resize(SIZE, Image.Resampling.BICUBIC)
    bands = [ImageChops.add(one, fine, 2) for one in (clouds, ramp, ImageChops.invert(clouds))]
    whole = Image.merge("RGB", bands)
    for number in range(count):
        ImageChops.offset(whole, 61 * number).save(folder / f"{number:04}.jpg", quality=88)


if __name__ == "__main__":
    main()
