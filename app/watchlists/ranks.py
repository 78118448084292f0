"""Places in a list as numbers: a rank between two others moves one entry without touching the rest."""

from collections.abc import Sequence

STEP = 1024.0
"""Between two neighbours that were numbered anew: room for 50 insertions at one place and more."""


def between(before: float | None, after: float | None) -> float | None:
    """A rank between two neighbours (None: there is none on that side); None if no number lies between them."""
    if before is None:
        return 0.0 if after is None else after - STEP
    if after is None:
        return before + STEP
    middle = before + (after - before) / 2
    return middle if before < middle < after else None


def at_place(ranks: Sequence[float], place: int) -> float | None:
    """The rank of an entry that is put at `place` (from 0) among `ranks`, in order; None if no number is left."""
    place = max(0, min(place, len(ranks)))
    return between(ranks[place - 1] if place else None, ranks[place] if place < len(ranks) else None)
