"""The order that a person gives to what they keep."""

from collections.abc import Sequence


def moved(order: Sequence[str], slug: str, place: int) -> list[str]:
    """With `slug`, which is one of them, at `place` (from 0); what lies outside is the first or the last place."""
    others = [each for each in order if each != slug]
    others.insert(max(0, min(place, len(others))), slug)
    return others
