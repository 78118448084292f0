"""The last bars of many symbols as arrays, from which indicators and patterns are computed together."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from app.finance.bars import Bar, Timeframe
from app.finance.tick_size import tick_sizes

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

WIDTH = 256
"""A 200-bar average, the bar before it, and room for averages without end to forget how they began."""
MINUTES = 400
"""A whole session of an exchange, for its volume-weighted mean price."""


def usual_bars(timeframe: Timeframe) -> int:
    """That are kept of a symbol."""
    return MINUTES if timeframe == "1min" else WIDTH


USUAL_BARS = 20
"""What a volume is compared with."""
PATTERN_BARS = 5
"""The most that a pattern is made of."""


class Panel(NamedTuple):
    """One row a question: what does the bar in the last column mean, given those before it?

    Arrays are (rows, width); where a row has fewer bars its first one is repeated to the left, and `counts` says how
    many are real. Rows may be of different symbols at one time, or of one symbol at different times.
    """

    timeframe: Timeframe
    symbols: Sequence[str]
    start: Floats
    """Of the last bar, (rows,)."""
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    counts: Counts
    tick_size: Floats
    """(rows,): smaller differences of prices count as none."""
    alike: Mask | None = None
    """(rows, USUAL_BARS) where bars are of less than a day: which of those before the last are of the same hours."""
    ticks: Floats | None = None
    """(rows, PATTERN_BARS): how many ticks each of the last bars was made of; NaN, or no array, where nobody knows."""

    def __len__(self) -> int:
        return len(self.symbols)

    def last(self, row: int) -> Bar:
        open_price, high, low, close = (
            float(column[row, -1]) for column in (self.open, self.high, self.low, self.close)
        )
        start, volume = float(self.start[row]), int(self.volume[row, -1])
        ticks = None if self.ticks is None else number_of_ticks(self.ticks[row, -1])
        return Bar(self.symbols[row], self.timeframe, start, open_price, high, low, close, volume, ticks)


def fields(bar: Bar) -> tuple[float, ...]:
    """A bar as arrays keep it: start, open, high, low, close, volume and ticks, which are NaN where nobody knows."""
    return (*bar[2:8], math.nan if bar.ticks is None else float(bar.ticks))


def number_of_ticks(ticks: float) -> int | None:
    """As a bar has it."""
    return None if math.isnan(ticks) else int(ticks)


def walk(
    bars: Sequence[Bar], last: int, width: int = WIDTH, factors: Floats | None = None, tick_size: float | None = None
) -> Panel:
    """A row for each of the `last` of the bars, of one symbol and timeframe and oldest first (at least one).

    `factors`: of the prices of each bar (see shares.factors); each row is then in the share of its own last bar.
    `tick_size`: of the instrument; see tick_sizes where it is None.
    """
    last = min(last, len(bars))
    used = bars[-(last + width - 1) :]
    values = np.array([fields(bar) for bar in used], dtype=np.float64).T
    lacking = last + width - 1 - len(used)
    whole = np.concatenate([np.repeat(values[:, :1], lacking, axis=1), values], axis=1) if lacking else values
    opens, high, low, close, volume = (sliding_window_view(part, width) for part in whole[1:6])
    if factors is not None:
        rates = _rates(factors[-len(used) :], lacking, width)
        opens, high, low, close, volume = opens * rates, high * rates, low * rates, close * rates, volume / rates
    counts = np.minimum(np.arange(len(used) - last, len(used)) + 1, width)
    symbols = [bars[0].symbol] * last
    sizes = tick_sizes(symbols, close[:, -1], {} if tick_size is None else {symbols[0]: tick_size})
    ticks = sliding_window_view(whole[6], width)[:, -PATTERN_BARS:]
    return Panel(
        bars[0].timeframe, symbols, values[0, -last:], opens, high, low, close, volume, counts, sizes, ticks=ticks
    )


def _rates(factors: Floats, lacking: int, width: int) -> Floats:
    rates = sliding_window_view(np.concatenate([np.repeat(factors[:1], lacking), factors]), width)
    return rates / rates[:, -1:]  # type: ignore[no-any-return]
