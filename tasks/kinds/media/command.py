"""The one command of ffmpeg that makes the result and, on the way, the picture to look at."""

from collections.abc import Sequence
from pathlib import Path

from tasks.kinds.media import ffmpeg
from tasks.kinds.media.options import Options
from tasks.kinds.media.plan import Plan
from tasks.kinds.media.source import Stream

POSTER_WIDTH = 1_280  # pixels, at most
WAVEFORM = (1_200, 240)  # pixels
WAVEFORM_COLOUR = "#4c8bf5"  # It is seen on white and on black, which the picture lets through.
# The filter that draws a waveform holds all of the sound in memory, two bytes for each sample.
WAVEFORM_RATE, WAVEFORM_SAMPLES = 8_000, 32_000_000
# Video in files has square points as a rule; where it has not, that ends here.
SQUARE = "scale=iw*sar:ih,setsar=1"


def conversion(plan: Plan, result: Path, picture: Path) -> list[str]:
    """Return ffmpeg's arguments.

    Args:
        plan: what is made.
        result: where the sound or video is written.
        picture: where the poster or the waveform is written.
    """
    quality = plan.options.quality
    graph: list[str] = []
    made: list[str] = []
    if plan.video:
        graph += _pictures(plan.video, plan)
        made += ["-map", "[video]", *plan.format.video[quality]]
    if plan.sound:
        graph += _sound(plan.sound, plan)
        made += ["-map", "[sound]", *plan.format.audio[quality]]
    if plan.cover:
        made += ["-map", f"0:{plan.cover.index}", "-c:v", "copy", "-disposition:v", "attached_pic"]
    drawn = ["-map", "[picture]", "-frames:v", "1", "-update", "1", "-q:v", "3", "-f", "image2"]
    return [
        *ffmpeg.opening(plan.path, *plan.where),
        *("-filter_complex", ";".join(graph)),
        *made,
        *plan.format.muxer,
        ffmpeg.named(result),
        *drawn,
        ffmpeg.named(picture),
    ]


def _pictures(video: Stream, plan: Plan) -> Sequence[str]:
    filters = [*sizing(plan.options), "format=yuv420p"]
    if len(filters) == 1 and (video.width % 2 or video.height % 2):
        filters.insert(0, "crop=trunc(iw/2)*2:trunc(ih/2)*2")  # The encoders halve the colours.
    poster = f"{SQUARE},scale=w='min({POSTER_WIDTH},iw)':h=-2,thumbnail=8"
    return [
        f"[0:{video.index}]{','.join(filters)},split[video][shown]",
        f"[shown]select='{_moments(plan.duration)}',{poster}[picture]",
    ]


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


def _moments(duration: float | None) -> str:
    """Return the condition for frames of which the poster is the most ordinary one.

    Those are a few from after the beginning, which is often black; and the first one of all, so
    that there is always one.
    """
    begin = (duration or 0.0) * 0.1
    spaced = "gte(t-prev_selected_t,0.25)"
    return f"isnan(prev_selected_t)+between(t,{begin:.2f},{begin + 3:.2f})*{spaced}"


def _sound(sound: Stream, plan: Plan) -> Sequence[str]:
    filters = [plan.levelling] if plan.levelling else []
    if plan.format.layouts:
        filters.append(f"aformat=channel_layouts={plan.format.layouts}")
    chain = ",".join(filters) or "anull"
    if plan.video:
        return [f"[0:{sound.index}]{chain}[sound]"]
    width, height = WAVEFORM
    rate = WAVEFORM_RATE
    if plan.duration:
        rate = max(100, min(rate, int(WAVEFORM_SAMPLES / plan.duration)))
    thinned = f"aresample={rate},aformat=s16:{rate}:mono,asetnsamples=65536:p=0"
    # It refuses sound of fewer samples than the picture has columns, so silence fills that up.
    drawn = f"apad=whole_len={2 * width},showwavespic=s={width}x{height}"
    # By the square root, so that quiet sound is seen too.
    peaks = "draw=full:filter=peak:scale=sqrt"
    return [
        f"[0:{sound.index}]{chain},asplit[sound][heard]",
        f"[heard]{thinned},{drawn}:colors={WAVEFORM_COLOUR}:{peaks}[picture]",
    ]
