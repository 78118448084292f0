"""Stretches of the market's time in which nobody listened: minutes that are missing and will not come back."""

from typing import NamedTuple


class Gap(NamedTuple):
    """Market time, UTC epoch seconds; what was traded meanwhile is in the daily bar and in no minute."""

    reason: str
    began: float
    ended: float
    symbols: int
    """That were known then."""
