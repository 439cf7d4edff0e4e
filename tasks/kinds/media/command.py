"""The command of ffmpeg that makes the result."""

from collections.abc import Sequence
from pathlib import Path

from tasks.kinds.media import ffmpeg
from tasks.kinds.media.options import Options
from tasks.kinds.media.picture import SQUARE, thinned_rate, thinning
from tasks.kinds.media.plan import Plan
from tasks.kinds.media.source import Stream


def conversion(plan: Plan, result: Path, heard: Path) -> list[str]:
    """Return ffmpeg's arguments.

    Args:
        plan: what is made.
        result: where the sound or video is written.
        heard: where sound without a video is written once more, thinned for its waveform.
    """
    quality = plan.options.quality
    graph: list[str] = []
    made: list[str] = []
    if plan.video:
        graph.append(_picture(plan.video, plan.options))
        made += ["-map", "[video]", *plan.format.video[quality]]
    if plan.sound:
        graph += _sound(plan.sound, plan)
        made += ["-map", "[sound]", *plan.format.audio[quality]]
    if plan.cover:
        made += ["-map", f"0:{plan.cover.index}", "-c:v", "copy", "-disposition:v", "attached_pic"]
    made += [*plan.format.muxer, ffmpeg.named(result)]
    if not plan.video:
        made += ["-map", "[heard]", "-c:a", "pcm_s16le", "-f", "s16le", ffmpeg.named(heard)]
    return [*ffmpeg.opening(plan.path, *plan.where), "-filter_complex", ";".join(graph), *made]


def _picture(video: Stream, options: Options) -> str:
    filters = sizing(options)
    if not filters and (video.width % 2 or video.height % 2):
        filters = ["crop=trunc(iw/2)*2:trunc(ih/2)*2"]  # The encoders halve the colours.
    return f"[0:{video.index}]{','.join([*filters, 'format=yuv420p'])}[video]"


def sizing(options: Options) -> list[str]:
    """Return the filters that fit a picture into a size, keeping its proportions."""
    factors = []
    if options.width is not None:
        factors.append(f"{options.width}/iw")
    if options.height is not None:
        factors.append(f"{options.height}/ih")
    if not factors:
        return []
    if not options.enlarge:
        factors.append("1")
    factor = factors[0]
    for other in factors[1:]:
        factor = f"min({factor},{other})"

    def even(side: str) -> str:
        # A little more than the half, for what is a whole number but for its last digit.
        return f"max(2,trunc({side}*{factor}/2+0.01)*2)"

    return [SQUARE, f"scale=w='{even('iw')}':h='{even('ih')}'", "setsar=1"]


def _sound(sound: Stream, plan: Plan) -> Sequence[str]:
    filters = [plan.levelling] if plan.levelling else []
    if plan.format.layouts:
        filters.append(f"aformat=channel_layouts={plan.format.layouts}")
    chain = ",".join(filters) or "anull"
    if plan.video:
        return [f"[0:{sound.index}]{chain}[sound]"]
    return [
        f"[0:{sound.index}]{chain},asplit[sound][whole]",
        f"[whole]{thinning(thinned_rate(plan.duration))}[heard]",
    ]
