"""What happens in a series of daily bars, computed from the bars alone."""

from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import median

from app.finance.bars import Bar


def closes(bars: Sequence[Bar]) -> list[float]:
    return [bar.close for bar in bars]


def drawdown(bars: Sequence[Bar]) -> float:
    """The largest fall of the closes from their highest so far, as a fraction."""
    worst, peak = 0.0, 0.0
    for close in closes(bars):
        peak = max(peak, close)
        worst = max(worst, 1 - close / peak)
    return worst


def gain(bars: Sequence[Bar]) -> float:
    return bars[-1].close / bars[0].close - 1


def volume_spikes(bars: Sequence[Bar]) -> int:
    """Days with three times the median volume of the twenty days before."""
    return sum(
        bar.volume >= 3 * median(other.volume for other in bars[max(0, number - 20) : number])
        for number, bar in enumerate(bars)
        if number >= 5
    )


def highs(bars: Sequence[Bar]) -> int:
    """Days whose high is 3 % above their own close and those of the two days before and after."""
    return sum(bar.high > 1.03 * max(_near(bars, number)) for number, bar in enumerate(bars))


def lows(bars: Sequence[Bar]) -> int:
    return sum(bar.low < 0.97 * min(_near(bars, number)) for number, bar in enumerate(bars))


def gaps(bars: Sequence[Bar]) -> int:
    """Opens more than 2 % away from the close before."""
    return sum(abs(bar.open / before.close - 1) > 0.02 for before, bar in pairwise(bars))


def breakouts(bars: Sequence[Bar]) -> int:
    """Closes 1 % above the highest of the twenty before."""
    prices = closes(bars)
    return sum(prices[number] > 1.01 * max(prices[number - 20 : number]) for number in range(20, len(prices)))


def momentum_events(bars: Sequence[Bar]) -> int:
    """Starts of stretches in which five days gain 4 % or more."""
    prices = closes(bars)
    strong = [prices[number] > 1.04 * prices[number - 5] for number in range(5, len(prices))]
    return sum(now and not before for before, now in pairwise([False, *strong]))


def trend_changes(bars: Sequence[Bar]) -> int:
    """Changes of the direction over twenty days (6 % or more, or flat) that last for twelve days."""
    prices = closes(bars)
    moves = [prices[number] / prices[number - 20] - 1 for number in range(20, len(prices))]
    runs = [(side, len(list(run))) for side, run in groupby((move > 0.06) - (move < -0.06) for move in moves)]
    long_runs = [side for side, length in runs if length >= 12]
    return sum(before != after for before, after in pairwise(long_runs))


def level_tests(bars: Sequence[Bar], support: float, resistance: float) -> int:
    """Days that reach within half a percent of an edge and close inside."""
    inside = [bar for bar in bars if support < bar.close < resistance]
    return sum(abs(bar.high / resistance - 1) < 0.005 or abs(bar.low / support - 1) < 0.005 for bar in inside)


def false_breakouts(bars: Sequence[Bar], support: float, resistance: float) -> int:
    """Closes 1 % beyond an edge that are back inside within three days."""
    beyond = [bar.close > 1.01 * resistance or bar.close < 0.99 * support for bar in bars]
    return sum(out and not all(beyond[number + 1 : number + 4]) for number, out in enumerate(beyond))


def clustering(bars: Sequence[Bar]) -> float:
    """The correlation of the sizes of successive daily moves."""
    sizes = [abs(after / before - 1) for before, after in pairwise(closes(bars))]
    mean = sum(sizes) / len(sizes)
    spread = sum((size - mean) ** 2 for size in sizes)
    return sum((one - mean) * (other - mean) for one, other in pairwise(sizes)) / spread


def _near(bars: Sequence[Bar], number: int) -> list[float]:
    return closes(bars[max(0, number - 2) : number + 3])
