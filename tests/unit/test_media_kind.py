"""The kind at its real work: short clips go in, and what comes out is opened again."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.record import Job
from tasks import guard
from tasks.kind import BadInput
from tasks.kinds.media import ffmpeg, media, source
from tasks.kinds.media.run import stem
from tasks.testing import Done, Trial, run_kind
from tests.media_clips import clip, sound, video


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    video(folder / "film.mp4", 2)
    sound(folder / "tone.wav", 2, "-ac", "2")
    return folder


def made(done: Done, name: str) -> source.Source:
    return source.look(done.outputs[name], name)


def note(done: Done) -> str:
    assert isinstance(done.result, dict)
    return str([words for key, words in done.result.items() if key.startswith("note")])


def loudness(done: Done, unit: str) -> list[float]:
    """Return what was measured before and after, in LUFS or dBTP."""
    assert isinstance(done.result, dict)
    lines = [str(done.result[f"loudness {when}"]) for when in ("before", "after")]
    return [float(line.partition(f" {unit}")[0].split()[-1]) for line in lines]


def test_video_becomes_an_mp4_that_plays_before_it_is_whole(clips: Path) -> None:
    done = run_kind(media, file=clips / "film.mp4", quality="small")

    assert list(done.outputs) == ["film.mp4", "poster.jpg"]
    assert str(made(done, "film.mp4")) == "0:02; 320 x 180, H.264; AAC, 44.1 kHz, mono"
    content = done.outputs["film.mp4"].read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    assert done.outputs["poster.jpg"].read_bytes().startswith(b"\xff\xd8")
    assert done.progress[-1].percent == 100


@pytest.mark.parametrize(
    ("to", "codec"),
    [
        ("mp3", "MP3"),
        ("m4a", "AAC"),
        ("opus", "Opus"),
        ("ogg", "Vorbis"),
        ("flac", "FLAC"),
        ("wav", "PCM of 16 bits"),
    ],
)
def test_sound_is_taken_out_of_a_video(clips: Path, to: str, codec: str) -> None:
    done = run_kind(media, file=clips / "film.mp4", to=to, end="0:01")

    assert list(done.outputs) == [f"film.{to}", "waveform.png"]
    found = made(done, f"film.{to}")
    assert found.sound is not None
    assert str(found.sound).startswith(codec)
    assert found.video is None
    assert found.duration == pytest.approx(1, abs=0.1)
    assert done.outputs["waveform.png"].read_bytes().startswith(b"\x89PNG")


def test_a_part_is_cut_out_and_made_smaller(clips: Path) -> None:
    done = run_kind(media, file=clips / "film.mp4", to="webm", start="0.5", end="1.5", height=90)

    found = made(done, "film.webm")
    assert str(found.video) == "160 x 90, VP9"
    assert found.duration == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"width": 640}, "320 x 180"),
        ({"width": 640, "enlarge": True}, "640 x 360"),
        ({"width": 101, "height": 999}, "100 x 56"),
    ],
)
def test_a_picture_is_enlarged_only_when_that_is_asked(
    clips: Path, asked: dict[str, object], size: str
) -> None:
    done = run_kind(media, file=clips / "film.mp4", end=0.2, quality="small", **asked)

    assert str(made(done, "film.mp4").video).startswith(size)
    assert ("keeps its size" in note(done)) == (asked == {"width": 640})


def test_odd_sides_sideways_pictures_and_points_that_are_no_squares(tmp_path: Path) -> None:
    odd = video(tmp_path / "odd.mkv", 0.2, "161x91", "-c:v", "ffv1", "-pix_fmt", "yuv444p")
    flat = video(tmp_path / "flat.mkv", 0.2, "160x90", "-vf", "setsar=2")
    upright = clip(tmp_path / "up.mp4", "-display_rotation", "90", "-i", str(flat), "-c", "copy")

    assert str(made(run_kind(media, file=odd), "odd.mp4").video).startswith("160 x 90")
    assert str(made(run_kind(media, file=flat, height=60), "flat.mp4").video).startswith("212 x 60")
    assert str(made(run_kind(media, file=upright), "up.mp4").video).startswith("90 x 160")


def test_a_cover_goes_along(tmp_path: Path, clips: Path) -> None:
    cover = clip(tmp_path / "c.png", "-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1")
    song = clip(
        tmp_path / "song.mp3",
        *("-i", str(clips / "tone.wav"), "-i", str(cover), "-map", "0", "-map", "1"),
        *("-disposition:v", "attached_pic"),
    )
    done = run_kind(media, file=song)

    assert list(done.outputs) == ["song.m4a", "waveform.png"]
    assert len(made(done, "song.m4a").covers) == 1


def test_a_description_and_chapters_do_not_hide_what_is_in_a_file(
    clips: Path, tmp_path: Path
) -> None:
    chapters = tmp_path / "chapters"
    places = (f"[CHAPTER]\nSTART={n}\nEND={n + 1}\ntitle={n}\n" for n in range(100))
    chapters.write_text(";FFMETADATA1\n" + "".join(places))
    book = clip(
        tmp_path / "a.m4b",
        *("-i", str(clips / "tone.wav"), "-i", str(chapters), "-f", "mp4"),
        *("-metadata", "description=" + "la\n" * 100),
    )

    assert str(source.look(book, "a.m4b")) == "0:02; AAC, 44.1 kHz, stereo"


def test_sound_is_brought_to_a_loudness_and_measured_before_and_after(clips: Path) -> None:
    done = run_kind(media, file=clips / "tone.wav", to="mp3", loudness=-16)

    assert loudness(done, "LUFS") == pytest.approx([-21.8, -16], abs=0.3)
    assert "All of it is changed by +5.8 dB." in done.log
    assert note(done) == "[]"
    assert made(done, "tone.mp3").sounds[0].rate == 44_100


def test_peaks_are_not_cut_off_to_be_loud(tmp_path: Path) -> None:
    # Three quiet seconds and a crack.
    cracks = "aevalsrc=0.02*sin(440*2*PI*t)+0.95*eq(mod(n\\,44100)\\,9):d=3:s=44100"
    source_file = clip(tmp_path / "a.wav", "-f", "lavfi", "-i", cracks)

    done = run_kind(media, file=source_file, to="flac", loudness=-12)

    assert "levelled" in note(done)
    assert loudness(done, "dBTP")[1] < -1


@pytest.mark.parametrize("seconds", [0.02, 1])
def test_silence_and_a_click_stay_as_they_are(tmp_path: Path, seconds: float) -> None:
    quiet = sound(tmp_path / "a.wav", seconds, "-af", "volume=0" if seconds == 1 else "anull")

    done = run_kind(media, file=quiet, to="mp3", loudness=-23)

    assert "loudness stays as it is" in note(done)
    assert list(done.outputs) == ["a.mp3", "waveform.png"]


def test_surround_sound_fits_into_opus(tmp_path: Path) -> None:
    film = sound(tmp_path / "a.wav", 0.2, "-af", "pan=5.1(side)|FL=c0|FR=c0|FC=c0")

    assert "5.1" in str(made(run_kind(media, file=film, to="opus"), "a.opus"))


def broken(name: str, clips: Path, path: Path) -> Path:
    whole = (clips / "film.mp4").read_bytes()
    secret = clips / "tone.wav"
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    contents = {
        "empty.mp4": b"",
        "noise.mp4": b"\x8f\x13\xa7\x00" * 1000,
        "cut-off.mp4": whole[:5000],
        "list.mp4": f"ffconcat version 1.0\nfile '{secret}'\n".encode(),
        "stream.mp4": playlist.encode(),
        "indented.mp4": ("\n" + playlist).encode(),
        "page.mp4": b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>",
        "subtitles.mp4": b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 9,
    }
    path.write_bytes(contents[name])
    return path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.mp4", "is empty"),
        ("noise.mp4", "not sound or video in any form"),
        ("cut-off.mp4", "its index is missing"),
        ("list.mp4", "a list that names other files"),
        ("stream.mp4", "a list that names other files"),
        ("indented.mp4", "a list that names other files"),
        ("page.mp4", "a list that names other files"),
        ("subtitles.mp4", "neither sound nor video"),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_words(
    clips: Path, tmp_path: Path, name: str, words: str
) -> None:
    trial = Trial(media, file=broken(name, clips, tmp_path / name))
    with pytest.raises(BadInput, match=words) as refused:
        trial.run()
    assert str(refused.value).startswith(name)
    assert "@" not in str(refused.value)
    assert "file:/" not in trial.log
    assert ("[fatal]" in trial.log) == ("can't be worked on" in str(refused.value))


def test_ffmpeg_itself_opens_no_list_of_other_files(clips: Path, tmp_path: Path) -> None:
    """The first bytes are only looked at for the words; this is what holds."""
    for name in ("list.mp4", "stream.mp4"):
        listing = broken(name, clips, (tmp_path / name).with_suffix(".m3u8"))
        status, written = ffmpeg.report(listing)

        assert status != 0
        assert "tone.wav" not in "".join(written)


def test_a_name_is_never_an_option_or_an_address(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-version", "concat:a|b", "pipe:0", "%03d.wav", "http:x"):
        Path(name).write_bytes((clips / "tone.wav").read_bytes())
        assert source.look(Path(name), name).duration == 2

    done = run_kind(media, file=Path("%03d.wav").absolute(), end=0.1, to="wav")
    assert list(done.outputs) == ["%03d.wav", "waveform.png"]


def test_half_a_file_is_converted_and_the_loss_is_told(clips: Path, tmp_path: Path) -> None:
    fast = clip(
        tmp_path / "a.mp4",
        *("-i", str(clips / "film.mp4"), "-c", "copy", "-movflags", "+faststart"),
    )
    fast.write_bytes(fast.read_bytes()[: fast.stat().st_size // 2])

    done = run_kind(media, file=fast, quality="small")

    assert "Parts of the file are damaged" in note(done)
    assert "instead of 0:02" in note(done)


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("tone.wav", {"to": "mp4"}, "has no picture"),
        ("tone.wav", {"width": 100}, "no picture to scale"),
        ("tone.wav", {"start": 3}, "ends at 0:02, before the start, 0:03"),
        ("mute.mp4", {"to": "mp3"}, "has no sound"),
        ("mute.mp4", {"loudness": -16}, "has no sound"),
    ],
)
def test_what_the_file_does_not_have_is_said_at_once(
    clips: Path, name: str, asked: dict[str, object], words: str
) -> None:
    if name == "mute.mp4":
        clip(clips / name, "-i", str(clips / "film.mp4"), "-an", "-c", "copy")
    with pytest.raises(BadInput, match=words):
        run_kind(media, file=clips / name, **asked)


def test_a_full_disk_is_not_the_files_fault() -> None:
    with pytest.raises(OSError, match="no room"):
        ffmpeg.run(["-f", "lavfi", "-i", "sine=d=1", "-f", "wav", "/dev/full"], "a", _nobody)


def test_little_is_kept_of_what_ffmpeg_writes() -> None:
    chatter = ["-f", "lavfi", "-i", "sine=d=30", "-af", "ashowinfo", "-f", "null", "-"]

    written = ffmpeg.run(chatter, "a", _nobody)
    assert len(written) == ffmpeg.HEAD + ffmpeg.TAIL


def _nobody(_done: float, _speed: float | None) -> None:
    """Hear how far it is, and think nothing of it."""


def running_ffmpeg() -> int | None:
    """Return the pid of an ffmpeg that this process has started."""
    for pid in guard.processes():
        seen = guard.look(pid)
        if seen and seen.parent == os.getpid() and seen.state != b"Z" and runs_ffmpeg(pid):
            return pid
    return None


def runs_ffmpeg(pid: int) -> bool:
    """Return whether a process is one; this one has other children, such as tests' servers."""
    try:
        return b"ffmpeg" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False  # It has just ended.


@pytest.fixture(scope="module")
def film(clips: Path) -> Path:
    """A video whose conversion takes a while."""
    return video(clips / "long.mp4", 20, "426x240")


def converting(job: Job) -> bool:
    """Return whether ffmpeg has told of a conversion that it is under way."""
    return job.progress.text.startswith("converting") and 0 < (job.progress.percent or 0) < 100


def converting_and_stuck(job: Job) -> bool:
    if not converting(job) or not (pid := running_ffmpeg()):
        return False
    os.kill(pid, signal.SIGSTOP)  # It says nothing more, so only the cancel itself can be heard.
    return True


@pytest.mark.parametrize(("to", "when"), [("webm", converting_and_stuck), ("opus", converting)])
def test_a_cancel_ends_ffmpeg_within_two_seconds(
    film: Path, tmp_path: Path, to: str, when: Callable[[Job], bool]
) -> None:
    long = film if to == "webm" else sound(tmp_path / "long.wav", 1_000, "-ar", "8000")
    trial = Trial(media, file=long, to=to, quality="best")

    assert trial.cancelled(when) < 2
    assert running_ffmpeg() is None


def test_the_next_attempt_does_not_measure_again(film: Path) -> None:
    trial = Trial(media, file=film, to="webm", loudness=-16, end=6)
    trial.killed(converting)

    done = trial.run()

    assert not any("measuring the loudness" in step.text for step in done.progress)
    assert done.log.count("All of it is changed by") == 2


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.b.mp4", "a.b"),
        (".mp4", "mp4"),
        ("é" * 250 + ".mov", "é" * 80),
        ("🎬" * 100 + ".mov", "🎬" * 40),
        ("\n .x", "result"),
    ],
)
def test_the_result_is_named_after_the_file(name: str, kept: str) -> None:
    assert stem(name) == kept
