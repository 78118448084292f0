"""Confidence of a pattern: move, shape, volume and weight, each between 0 and 1."""

import math
from typing import Literal, NamedTuple

import numpy as np

from app.finance.panel import Floats, Panel
from app.finance.studies import relative_volume

Direction = Literal["bullish", "bearish", "neutral"]

TREND_BARS = 10
USUAL_BARS = 30
LEAST, MOVE, SHAPE, VOLUME = 0.25, 0.4, 0.15, 0.2
FULL_TREND, FULL_VOLUME = 2.5, 3.0
FULL_TICKS = 4
"""confidence = (LEAST + MOVE * move + SHAPE * shape + VOLUME * volume) * weight

move:   what the pattern is about; its own module says how that is measured.
shape:  what the last bar looks like: its body in its range, the rest of the range, or where in it the close lies.
volume: the last bar's volume against the mean of the 20 bars before it; 1 at FULL_VOLUME times that.
weight: the ticks of the pattern's thinnest own bar in FULL_TICKS, at most 1. A bar takes four prices to have an open,
        a high, a low and a close; of one tick all are the same, and a Doji or a gap made of it says nothing: at most
        0.25 is left of its confidence, at most 0.5 of one with two ticks. 1 where the ticks of no bar are known.
"""


class PatternMatch(NamedTuple):
    row: int
    """Of the panel."""
    pattern: str
    direction: Direction
    confidence: float
    levels: tuple[tuple[str, float], ...] = ()
    """Prices by what they are."""
    stop: float | None = None
    target: float | None = None


def confidence(move: Floats, shape: Floats, volume: Floats, weight: Floats) -> Floats:
    move, shape, volume = (np.clip(part, 0.0, 1.0) for part in (move, shape, volume))
    return np.round((LEAST + MOVE * move + SHAPE * shape + VOLUME * volume) * weight, 3)


def weight(panel: Panel, bars: int) -> Floats:
    """Of a pattern that is made of the last `bars` bars, at most PATTERN_BARS; a bar whose ticks nobody counted has
    full weight."""
    if panel.ticks is None:
        return np.ones(len(panel))
    compared = np.nan_to_num(panel.ticks[:, -bars:], nan=FULL_TICKS)
    share: Floats = np.minimum(compared.min(axis=1) / FULL_TICKS, 1.0)
    return share


def volume(panel: Panel) -> Floats:
    """What cannot be told of it counts for nothing."""
    return np.nan_to_num(relative_volume(panel), nan=0.0) / FULL_VOLUME


def body(panel: Panel) -> Floats:
    """In the range of the last bar; 0.5 where it has none, since it has as little shadow as body."""
    return _in_range(panel, np.abs(panel.close[:, -1] - panel.open[:, -1]))


def height(panel: Panel) -> Floats:
    """Of the last close in its bar: 0 at the low, 1 at the high, and 0.5 where they are the same."""
    return _in_range(panel, panel.close[:, -1] - panel.low[:, -1])


def trend(panel: Panel, before: int) -> Floats:
    """Between -1 and 1: how the TREND_BARS bars before the last `before` ones moved; 0 where there are too few.

    1 at FULL_TREND standard deviations of a random walk with the steps of the USUAL_BARS before: the mean step is
    sqrt(2 / pi) of a normal one's deviation, and TREND_BARS of them add up as the root of their number.
    """
    end = panel.close.shape[1] - before
    close = panel.close[:, max(0, end - USUAL_BARS) : end]
    real = np.maximum(np.minimum(panel.counts - before, close.shape[1]) - 1, 1)
    steps = np.abs(np.diff(close, axis=1)).sum(axis=1) / real
    moved = close[:, -1] - close[:, -1 - TREND_BARS]
    full = FULL_TREND * steps * math.sqrt(math.pi / 2 * TREND_BARS)
    share = np.divide(moved, full, out=np.zeros(len(panel)), where=(full > 0) & (panel.counts - before > TREND_BARS))
    within: Floats = np.clip(share, -1.0, 1.0)
    return within


def _in_range(panel: Panel, length: Floats) -> Floats:
    reach = panel.high[:, -1] - panel.low[:, -1]
    share: Floats = np.divide(length, reach, out=np.full(len(panel), 0.5), where=reach > 0)
    return share
