"""Support and resistance patterns: breakouts, tests, gaps and volume spikes."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from app.finance import shape
from app.finance.panel import USUAL_BARS, Floats, Mask, Panel
from app.finance.shape import Direction, PatternMatch
from app.finance.studies import relative_volume
from app.finance.tick_size import side

BREAKOUT_BARS = 20
RANGE_BARS = 14
LEVEL_BARS = 60
SIDE_BARS = 3
FEWEST = LEVEL_BARS + 1
NEAR, FULL_BREAK, FULL_GAP, FULL_TOUCHES = 0.5, 1.0, 1.0, 4.0
STOP_RANGES, TARGET_RANGES = 1.0, 2.0
SURGE = 3.0
"""move of the confidence, in usual ranges, which are the mean true range of the RANGE_BARS before, a tick at least:

breakout: how far the close is beyond the extreme of the BREAKOUT_BARS before; 1 at FULL_BREAK ranges.
test:     how often the level held within LEVEL_BARS, a pivot being the extreme of itself and SIDE_BARS on both sides;
          1 at FULL_TOUCHES pivots within NEAR of a range.
gap:      how wide the last open left a gap to the bar before; 1 at FULL_GAP ranges.
surge:    volume of SURGE times the usual counts 0.5, twice that 1.

shape: how near to its end in the pattern's direction the bar closed, 0.5 for a surge that has none. Prices that differ
by less than a tick are equal: neither beyond each other nor apart. The stop is STOP_RANGES behind the level, the
target TARGET_RANGES beyond it.
"""

NAMES: dict[str, str] = {
    "BreakoutHigh": "close above the highest high of the 20 bars before",
    "BreakdownLow": "close below the lowest low of the 20 bars before",
    "SupportTest": "low comes near a level that held at least twice, close above it",
    "ResistanceTest": "high comes near a level that held at least twice, close below it",
    "GapUp": "low above the high of the bar before",
    "GapDown": "high below the low of the bar before",
    "VolumeSpike": "volume of at least three times the mean of the 20 bars before",
}


DIRECTIONS: Mapping[int, Direction] = {1: "bullish", -1: "bearish", 0: "neutral"}


class Setup(NamedTuple):
    """`side`: 1 for up, -1 for down and 0 for neither, one a row; `level` NaN where there is none."""

    name: str
    rows: Mask
    move: Floats
    side: Floats
    level: Floats
    kind: str = ""
    bars: int = 1
    """That it is made of."""


def find(panel: Panel, at_least: Callable[[str], float]) -> list[PatternMatch]:
    if panel.close.shape[1] <= FEWEST or not len(panel):
        return []
    usual = _usual_range(panel)
    enough = (panel.counts >= FEWEST) & (usual > 0)
    safe = np.maximum(usual, panel.tick_size)
    return [
        match
        for setup in (*_breaks(panel, safe), *_tests(panel, safe), *_gaps(panel, safe), _surge(panel))
        for match in _matches(setup._replace(rows=setup.rows & enough), panel, safe, at_least)
    ]


def _matches(setup: Setup, panel: Panel, usual: Floats, at_least: Callable[[str], float]) -> Iterator[PatternMatch]:
    rows = np.flatnonzero(setup.rows)
    if not len(rows):
        return
    ended = 0.5 + setup.side * (shape.height(panel) - 0.5)
    sure = shape.confidence(setup.move, ended, shape.volume(panel), shape.weight(panel, setup.bars))
    stop = np.round(setup.level - setup.side * STOP_RANGES * usual, 4)
    target = np.round(setup.level + setup.side * TARGET_RANGES * usual, 4)
    for row in rows[sure[rows] >= at_least(setup.name)].tolist():
        direction = DIRECTIONS[int(setup.side[row])]
        match = PatternMatch(row, setup.name, direction, float(sure[row]))
        if setup.kind:
            levels = ((setup.kind, round(float(setup.level[row]), 4)),)
            match = match._replace(levels=levels, stop=float(stop[row]), target=float(target[row]))
        yield match


def _breaks(panel: Panel, usual: Floats) -> Iterator[Setup]:
    """Only by the bar that breaks out, not by those that go on beyond."""
    close, previous = panel.close[:, -1], panel.close[:, -2]
    bottom, top = _extremes(panel, 1)
    bottom_then, top_then = _extremes(panel, 2)
    tick = panel.tick_size
    for name, kind, way, level, before in (
        ("BreakoutHigh", "resistance", 1.0, top, top_then),
        ("BreakdownLow", "support", -1.0, bottom, bottom_then),
    ):
        beyond = way * (close - level)
        first = (side(beyond, tick) > 0) & (side(way * (previous - before), tick) <= 0)
        yield Setup(name, first, beyond / usual / FULL_BREAK, np.full(len(panel), way), level, kind)


def _extremes(panel: Panel, end: int) -> tuple[Floats, Floats]:
    """The lowest low and the highest high of the BREAKOUT_BARS before the last `end` bars."""
    before = slice(-end - BREAKOUT_BARS, -end)
    return panel.low[:, before].min(axis=1), panel.high[:, before].max(axis=1)


def _tests(panel: Panel, usual: Floats) -> Iterator[Setup]:
    for name, kind, way, column in (
        ("SupportTest", "support", 1.0, panel.low),
        ("ResistanceTest", "resistance", -1.0, panel.high),
    ):
        extreme = column[:, -1]
        near, level = _pivots_near(way * column[:, -1 - LEVEL_BARS : -1], way * extreme, NEAR * usual)
        level = way * level
        holds = side(way * (panel.close[:, -1] - level), panel.tick_size) > 0
        holds &= way * (column[:, -2] - level) > NEAR * usual
        yield Setup(name, holds & (near >= 2), near / FULL_TOUCHES, np.full(len(panel), way), level, kind)


def _pivots_near(lows: Floats, price: Floats, near: Floats) -> tuple[Floats, Floats]:
    """How many pivot lows are near that price, and their mean."""
    middle = lows[:, SIDE_BARS : lows.shape[1] - SIDE_BARS]
    pivots = np.ones(middle.shape, dtype=bool)
    for step in range(1, SIDE_BARS + 1):
        ahead = lows[:, SIDE_BARS + step : lows.shape[1] - SIDE_BARS + step]
        behind = lows[:, SIDE_BARS - step : lows.shape[1] - SIDE_BARS - step]
        pivots &= (middle <= ahead) & (middle < behind)
    pivots &= np.abs(middle - price[:, None]) <= near[:, None]
    count = pivots.sum(axis=1).astype(np.float64)
    mean = np.divide((middle * pivots).sum(axis=1), count, out=np.full(len(price), np.nan), where=count > 0)
    return count, mean


def _gaps(panel: Panel, usual: Floats) -> Iterator[Setup]:
    up = panel.low[:, -1] - panel.high[:, -2]
    down = panel.low[:, -2] - panel.high[:, -1]
    ones = np.ones(len(panel))
    apart = (side(up, panel.tick_size) > 0, side(down, panel.tick_size) > 0)
    yield Setup("GapUp", apart[0], up / usual / FULL_GAP, ones, panel.high[:, -2], "support", 2)
    yield Setup("GapDown", apart[1], down / usual / FULL_GAP, -ones, panel.low[:, -2], "resistance", 2)


def _surge(panel: Panel) -> Setup:
    times = relative_volume(panel)
    way = side(panel.close[:, -1] - panel.open[:, -1], panel.tick_size)
    usual = panel.volume[:, -1 - USUAL_BARS : -1].min(axis=1) > 0
    return Setup("VolumeSpike", usual & (times >= SURGE), times / SURGE / 2, way, np.full(len(panel), np.nan))


def _usual_range(panel: Panel) -> Floats:
    before = slice(-1 - RANGE_BARS, -1)
    high, low, closed = panel.high[:, before], panel.low[:, before], panel.close[:, -2 - RANGE_BARS : -2]
    reach: Floats = (np.maximum(high, closed) - np.minimum(low, closed)).mean(axis=1)
    return reach
