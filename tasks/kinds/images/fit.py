"""How large a picture becomes."""


def fit(
    size: tuple[int, int], width: int | None, height: int | None, *, enlarge: bool
) -> tuple[int, int]:
    """Return the size that lies within width and height, in the proportions of `size`.

    None is no limit. A smaller picture stays as it is, unless it is to be enlarged.
    """
    limits = [
        limit / side for limit, side in zip((width, height), size, strict=True) if limit is not None
    ]
    if not limits:
        return size
    scale = min(limits)
    if scale >= 1 and not enlarge:
        return size
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
