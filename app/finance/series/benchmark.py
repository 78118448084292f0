"""Growth against that of the market: of the benchmark, or the mean of all symbols where it has no bar."""

import numpy as np

from app.finance.matrix import BarMatrix
from app.finance.panel import Floats
from app.finance.rolling import codeviation, lagged
from app.finance.series.prices import growth
from app.finance.studies import BENCHMARK

FEWEST_COMPARED = 2


def relative_strength(matrix: BarMatrix, period: int, columns: int) -> Floats:
    times: Floats = (1 + growth(matrix.close, period, columns)) / (1 + market_growth(matrix, period, columns))
    return times


def beta(matrix: BarMatrix, period: int, columns: int) -> Floats:
    """NaN where the market did not move."""
    own, market = growth(matrix.close, 1, columns + period), market_growth(matrix, 1, columns + period)
    together, alone = codeviation(own, market, period, columns), codeviation(market, market, period, columns)
    slopes: Floats = np.divide(together, alone, out=np.full(together.shape, np.nan), where=alone > 0)
    return slopes


def correlation(matrix: BarMatrix, period: int, columns: int) -> Floats:
    """NaN where the market or the symbol did not move."""
    own, market = growth(matrix.close, 1, columns + period), market_growth(matrix, 1, columns + period)
    together = codeviation(own, market, period, columns)
    product = codeviation(own, own, period, columns) * codeviation(market, market, period, columns)
    ratios = np.divide(together, np.sqrt(product), out=np.full(together.shape, np.nan), where=product > 0)
    clipped: Floats = np.clip(ratios, -1, 1)
    return clipped


def market_growth(matrix: BarMatrix, bars: int, columns: int) -> Floats:
    """Over as many of the market's own bars, up to the bar that starts at the same time; 0.1 for 10 %."""
    starts = lagged(matrix.start, 0, columns)
    distinct = np.unique(starts[~np.isnan(starts)])
    growths: Floats = np.full(len(distinct) + 1, np.nan)
    if BENCHMARK in matrix.symbols:
        _put_growth(growths, distinct, matrix, matrix.symbols.index(BENCHMARK), bars)
    lacking = distinct[np.isnan(growths[:-1])]
    if len(lacking):
        growths[np.searchsorted(distinct, lacking)] = _mean_growth(matrix, bars, lacking)
    by_bar: Floats = growths[np.searchsorted(distinct, starts)]
    return by_bar


def _put_growth(growths: Floats, distinct: Floats, matrix: BarMatrix, row: int, bars: int) -> None:
    starts, grown = matrix.start[row], growth(matrix.close[row : row + 1], bars)[0]
    places = np.searchsorted(distinct, starts)
    same = np.flatnonzero(np.append(distinct, np.nan)[places] == starts)
    growths[places[same]] = grown[same]


def _mean_growth(matrix: BarMatrix, bars: int, starts: Floats) -> Floats:
    """By start; NaN with fewer than FEWEST_COMPARED symbols."""
    grown = growth(matrix.close, bars)
    among = np.isin(matrix.start, starts) & ~np.isnan(grown)
    places = np.searchsorted(starts, matrix.start[among])
    sums = np.bincount(places, grown[among], len(starts))
    numbers = np.bincount(places, minlength=len(starts))
    means: Floats = np.divide(sums, numbers, out=np.full(len(starts), np.nan), where=numbers >= FEWEST_COMPARED)
    return means
