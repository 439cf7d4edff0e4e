"""What is read from the words that ffmpeg writes."""

import pytest

from tasks.kinds.media import loudness, reasons, source

OPENED = """\
[info] Input #0, matroska,webm, from 'file:/x/y':
[info]   Metadata:
[info]     title           : Stream #0:7: Video: h264, yuv420p, 9x9
                    : [info]   Stream #0:8: Video: h264, yuv420p, 9x9
[info]   Duration: 01:02:03.50, start: -0.023000, bitrate: 741 kb/s
[info]     Chapter #0:0: start 0.000000, end 3.000000
[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, \
progressive), 1920x1080 [SAR 1:1 DAR 16:9], 664 kb/s, 25 fps, 25 tbr, 12800 tbn
[info]   Stream #0:1(deu): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 69 kb/s
[info]   Stream #0:2(eng): Audio: ac3, 48000 Hz, 5.1(side), fltp, 448 kb/s (default)
[info]   Stream #0:3(eng): Subtitle: subrip (srt)
[info]   Stream #0:4: Video: png, rgb24(pc), 200x200 [SAR 1:1 DAR 1:1], 90k tbr (attached pic)
[info]   Stream #0:5[0x21]: Audio: none, 0 channels
[fatal] At least one output file must be specified
"""

SUMMARY = """\
[Parsed_ebur128_0 @ 0x7f62e0001c00] [info] Summary:

  Integrated loudness:
    I:         -38.7 LUFS
    Threshold: -48.8 LUFS

  Loudness range:
    LRA:         1.0 LU
    Threshold: -58.8 LUFS
    LRA low:   -39.4 LUFS
    LRA high:  -38.3 LUFS

  True peak:
    Peak:       {peak} dBFS
[out#0/null @ 0x560c4ee1b300] [info] video:0KiB audio:112500KiB
"""


def test_the_report_tells_length_and_streams() -> None:
    found = source.read(OPENED.splitlines())

    assert found.duration == 3723.5
    assert str(found) == "1:02:03.5; 1920 x 1080, H.264; ac3, 48 kHz, 5.1(side)"
    assert found.video is not None
    assert found.video.index == 0
    assert found.sound is not None
    assert found.sound.index == 2
    assert [stream.index for stream in found.sounds] == [1, 2]
    assert [cover.index for cover in found.covers] == [4]
    assert found.subtitles == 1


def test_what_a_file_says_of_itself_is_no_stream() -> None:
    assert [stream.index for stream in source.read(OPENED.splitlines()).videos] == [0]


def test_a_length_that_nobody_knows_is_none() -> None:
    assert source.read(["[info]   Duration: N/A, start: 0.000000"]).duration is None


def test_the_summary_tells_the_loudness() -> None:
    found = loudness.read(SUMMARY.format(peak="-23.4").splitlines())

    assert found == loudness.Loudness(-38.7, -48.8, 1.0, -23.4)
    assert str(found) == "-38.7 LUFS, true peak -23.4 dBTP, range 1.0 LU"


def test_silence_has_no_peak_and_still_fits_into_a_checkpoint() -> None:
    found = loudness.read(SUMMARY.format(peak="-inf").replace("-38.7", "-70.0").splitlines())

    assert found.silent
    assert found.kept()["peak"] == -99
    assert str(found).startswith("silence, true peak none")


def test_a_measurement_without_a_summary_is_an_error() -> None:
    with pytest.raises(ValueError, match="no summary"):
        loudness.read(SUMMARY.splitlines()[2:])


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[mov @ 0x1] [error] moov atom not found", "its index is missing"),
        ("[in#0 @ 0x1] [error] Format not on whitelist 'mov'", "neither sound nor video"),
        (
            "[in#0] [warning] Format mp3 detected only with low score of 1, hm\n[error] moov atom",
            "only its name",
        ),
        (
            "[IMGUTILS @ 0x1] [error] Picture size 99999x99999 exceeds specified max pixel count 1",
            "larger than 8K",
        ),
        ("[dec] [error] Decoding requested, but no decoder found for: vvc", "can't read"),
        ("[vist#0:0/h264] [error] Decode error rate 1 exceeds maximum 0.6", "so badly"),
        (
            "[out#0/mp4 @ 0x1] [error] Nothing was written, its streams received no packets.",
            "between the start and the end",
        ),
        (
            "[in#0] [error] Error opening input: Invalid data found when processing input",
            "not sound or video",
        ),
        (
            "[error] Task finished with error code: -22\n[a] [error] 5 in file:/x/y is odd.",
            "ffmpeg says: 5 in the file is odd",
        ),
        ("[fatal] Conversion failed!", "ffmpeg says: Conversion failed!"),
        ("", "ffmpeg does not say why"),
    ],
)
def test_the_reason_is_in_words(written: str, words: str) -> None:
    found = reasons.reason(written.splitlines())

    assert words in found
    assert "@" not in found
    assert "/x/y" not in found


def test_one_gain_does_as_long_as_the_peaks_have_room() -> None:
    measured = loudness.Loudness(integrated=-23.0, threshold=-33.0, range=5.0, peak=-8.5)

    assert loudness.is_one_gain(measured, -16.0)
    assert not loudness.is_one_gain(measured, -15.9)
