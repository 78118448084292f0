"""Timestamps: epoch seconds to nanoseconds, and ISO 8601 with or without a zone."""

import math
from datetime import UTC, datetime
from functools import lru_cache

LATEST = 4_102_444_800.0
"""2100-01-01: whatever lies beyond is a mistake of scale."""

_SCALES = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))


def epoch_seconds(value: object) -> float | None:
    """UTC epoch seconds; a time without a zone is UTC. None where no sense can be made of it."""
    if isinstance(value, str):
        return _epoch_text(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _scaled(value)


@lru_cache(maxsize=1024)
def iso(at: float) -> str:
    """Remembered: the events of a minute's end all have the same time."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _epoch_text(text: str) -> float | None:
    if len(text) > 40:
        return None
    try:
        return _scaled(float(text))
    except ValueError:
        pass
    try:
        # Python writes an offset, and some programs a Z after it.
        time = datetime.fromisoformat(text.replace("+00:00Z", "Z"))
        return _plausible((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def _scaled(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    if not math.isfinite(number) or number <= 0:
        return None
    if number < _SCALES[-2][0]:
        return _plausible(number)
    scale = next(scale for least, scale in _SCALES if number >= least)
    return _plausible(number / scale)


def _plausible(at: float) -> float | None:
    return at if 0 < at < LATEST else None
