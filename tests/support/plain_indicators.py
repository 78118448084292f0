"""Indicators by their definitions, one bar at a time: what the arrays of app/finance/series are compared with."""

from collections.abc import Sequence
from functools import cached_property
from math import sqrt

from app.finance import periods
from app.finance.adjust import Split
from app.finance.bars import Bar


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def ema(values: Sequence[float], period: int, first: int | None = None) -> list[float | None]:
    """It begins at bar `first` with the mean of the period that ends there."""
    first = period - 1 if first is None else first
    averages: list[float | None] = [None] * len(values)
    current = 0.0
    for place, value in enumerate(values):
        if place == first:
            current = mean(values[first + 1 - period : first + 1])
        elif place > first:
            current += (value - current) * 2 / (period + 1)
        averages[place] = current if place >= first else None
    return averages


def wilder(values: Sequence[float], period: int, first: int) -> list[float | None]:
    """Wilder's mean: it begins at bar `first` with the mean of the period that ends there."""
    averages: list[float | None] = [None] * len(values)
    current = 0.0
    for place, value in enumerate(values):
        if place == first:
            current = mean(values[first + 1 - period : first + 1])
        elif place > first:
            current = (current * (period - 1) + value) / period
        averages[place] = current if place >= first else None
    return averages


def _shares(bar: Bar, splits: Sequence[Split]) -> float:
    """Shares held after the last split for one of the bar; a week or month is in the share of its last day."""
    ratio = 1.0
    for split in splits:
        if bar.day < periods.first_day(bar.timeframe, split.day):
            ratio *= split.ratio
    return ratio


class PlainBars:
    """Of one symbol and timeframe, oldest first, in the share of the last bar; `bars` as they were traded."""

    def __init__(self, bars: Sequence[Bar], splits: Sequence[Split] = ()) -> None:
        self.bars = bars
        self.ends = [periods.end(bar.timeframe, bar.start) for bar in bars]
        self.shares = [_shares(bar, splits) for bar in bars]
        pairs = list(zip(bars, self.shares, strict=True))
        self.open = [bar.open / shares for bar, shares in pairs]
        self.high = [bar.high / shares for bar, shares in pairs]
        self.low = [bar.low / shares for bar, shares in pairs]
        self.close = [bar.close / shares for bar, shares in pairs]
        self.volume = [bar.volume * shares for bar, shares in pairs]

    def sma(self, place: int, period: int) -> float | None:
        return mean(self.close[place + 1 - period : place + 1]) if place >= period - 1 else None

    def change(self, place: int) -> float | None:
        return 100 * (self.close[place] / self.close[place - 1] - 1) if place else None

    @cached_property
    def rsi14(self) -> list[float | None]:
        moves = [0.0, *(now - before for before, now in zip(self.close, self.close[1:], strict=False))]
        gains = wilder([max(move, 0.0) for move in moves], 14, 14)
        losses = wilder([max(-move, 0.0) for move in moves], 14, 14)
        return [
            None if gain is None or loss is None else 50.0 if gain + loss == 0 else 100 * gain / (gain + loss)
            for gain, loss in zip(gains, losses, strict=True)
        ]

    @cached_property
    def macd(self) -> tuple[list[float | None], list[float | None]]:
        """MACD and its signal: both means begin at bar 25, the signal nine bars later with the mean of nine."""
        fast, slow = ema(self.close, 12, 25), ema(self.close, 26, 25)
        values = [one - other for one, other in zip(fast, slow, strict=True) if one is not None and other is not None]
        signal: list[float | None] = [None] * 25 + ema(values, 9)
        lacking = len(self.close) - len(values)
        return [None] * lacking + [*values], signal[: len(self.close)]

    @cached_property
    def ema12(self) -> list[float | None]:
        return ema(self.close, 12)

    @cached_property
    def ema26(self) -> list[float | None]:
        return ema(self.close, 26)

    def stoch14(self, place: int) -> float | None:
        if place < 17:
            return None
        shares = []
        for at in (place, place - 1, place - 2):
            low, high = min(self.low[at - 13 : at + 1]), max(self.high[at - 13 : at + 1])
            shares.append(100 * (self.close[at] - low) / (high - low))
        return mean(shares)

    def band_width(self, place: int) -> float | None:
        if place < 19:
            return None
        closes = self.close[place - 19 : place + 1]
        middle = mean(closes)
        return 400 * sqrt(mean([(close - middle) ** 2 for close in closes])) / middle

    def relative_volume(self, place: int) -> float | None:
        return self.volume[place] / mean(self.volume[place - 20 : place]) if place >= 20 else None

    @cached_property
    def adx14(self) -> list[float | None]:
        """Wilder sums without dividing; the first sum is of 13 bars, and each later bar takes a fourteenth off."""
        moves: list[float | None] = [None] * len(self.close)
        plus = minus = 0.0
        for place in range(1, len(self.close)):
            up, down = self.high[place] - self.high[place - 1], self.low[place - 1] - self.low[place]
            keeps = 1.0 if place <= 13 else 13 / 14
            plus = plus * keeps + (up if up > down and up > 0 else 0.0)
            minus = minus * keeps + (down if down > up and down > 0 else 0.0)
            if place >= 14:
                moves[place] = 100 * abs(plus - minus) / (plus + minus)
        return [None] * 14 + wilder([move for move in moves if move is not None], 14, 13)

    def last_until(self, end: float) -> int:
        """The newest bar that ended until then, -1 without one."""
        return sum(own <= end for own in self.ends) - 1
