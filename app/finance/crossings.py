"""Crossing patterns: moving averages, MACD and its signal, price and average."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import talib

from app.finance import shape
from app.finance.panel import Floats, Panel
from app.finance.shape import PatternMatch
from app.finance.tick_size import side

USUAL_BARS = 30
BARS = 2
"""The one before the crossing, and the one after it."""
FULL_SPEED = 3.0
"""move of the confidence: how fast the lines crossed. The change of the gap between them on the last bar against the
mean change on the USUAL_BARS before; 1 at FULL_SPEED times that. shape: how near to its end in that direction the
last bar closed.

Lines that are less than a tick apart are on no side of each other: a crossing leads from the side on which the one was
last seen to the other side, or away from a line on which it lay all the time."""


class Crossing(NamedTuple):
    names: tuple[str, str]
    """Up and down."""
    gap: Callable[[Panel], Floats]
    """The one line less the other on the last USUAL_BARS + 2 bars, (rows, bars)."""
    needs: int
    description: str
    level: int | None = None
    """Bars of the average that was crossed."""


def _average(panel: Panel, bars: int) -> Floats:
    """On the last USUAL_BARS + 2 bars; 0 where there are too few, and then `needs` keeps it out."""
    used = panel.close[:, -(bars + USUAL_BARS + 1) :]
    sums = np.cumsum(np.pad(used, ((0, 0), (1, 0))), axis=1)
    return (sums[:, bars:] - sums[:, :-bars]) / bars


def _averages(panel: Panel) -> Floats:
    return _average(panel, 50) - _average(panel, 200)


def _price(panel: Panel) -> Floats:
    return panel.close[:, -(USUAL_BARS + 2) :] - _average(panel, 50)


def _macd(panel: Panel) -> Floats:
    """The histogram, row by row: exponential averages have no end to cut them at."""
    gaps = np.zeros((len(panel), USUAL_BARS + 2))
    width = panel.close.shape[1]
    for row in np.flatnonzero(panel.counts > 34 + USUAL_BARS).tolist():
        line = panel.close[row, width - int(panel.counts[row]) :]
        gaps[row] = talib.MACD(line, 12, 26, 9)[2][-(USUAL_BARS + 2) :]
    return gaps


CROSSINGS = (
    Crossing(("GoldenCross", "DeathCross"), _averages, 202, "SMA50 crosses SMA200", 200),
    Crossing(("MACDCrossUp", "MACDCrossDown"), _macd, 66, "MACD crosses its signal"),
    Crossing(("PriceAboveSMA50", "PriceBelowSMA50"), _price, 82, "the close crosses SMA50", 50),
)


def find(panel: Panel, at_least: Callable[[str], float]) -> list[PatternMatch]:
    return [match for crossing in CROSSINGS for match in _matches(crossing, panel, at_least)]


def _matches(crossing: Crossing, panel: Panel, at_least: Callable[[str], float]) -> Iterator[PatternMatch]:
    if panel.close.shape[1] < crossing.needs:
        return
    gaps = crossing.gap(panel)
    sides = side(gaps, panel.tick_size[:, None])
    crossed = (sides[:, -1] != 0) & (_last_side(sides[:, :-1]) != sides[:, -1])
    rows = np.flatnonzero((panel.counts >= crossing.needs) & crossed)
    if not len(rows):
        return
    sure = _confidence(panel, gaps, sides[:, -1])
    levels = _average(panel, crossing.level)[:, -1].round(4) if crossing.level else None
    for row in rows.tolist():
        up = bool(sides[row, -1] > 0)
        name = crossing.names[0 if up else 1]
        if sure[row] >= at_least(name):
            at = () if levels is None else (("average", float(levels[row])),)
            yield PatternMatch(row, name, "bullish" if up else "bearish", float(sure[row]), at)


def _last_side(sides: Floats) -> Floats:
    """Of each row the last that is not 0; 0 where none is."""
    back = np.argmax(sides[:, ::-1] != 0, axis=1)
    last: Floats = np.take_along_axis(sides, sides.shape[1] - 1 - back[:, None], axis=1)[:, 0]
    return last


def _confidence(panel: Panel, gaps: Floats, ways: Floats) -> Floats:
    changes = np.diff(gaps, axis=1)
    usual = FULL_SPEED * np.abs(changes[:, :-1]).mean(axis=1)
    speed = np.divide(ways * changes[:, -1], usual, out=np.ones(len(panel)), where=usual > 0)
    ended = 0.5 + ways * (shape.height(panel) - 0.5)
    return shape.confidence(speed, ended, shape.volume(panel), shape.weight(panel, BARS))
