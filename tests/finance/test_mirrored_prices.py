"""Mirrored prices show mirrored patterns with equal confidence: no direction is preferred."""

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.finance import candles, crossings, levels
from app.finance.bars import Bar
from app.finance.panel import Panel, walk
from app.finance.shape import PatternMatch
from tests.support.mirrored_patterns import NO_MIRROR, every_name, mirrors

GRID = 64
"""Prices are whole 64ths, so that turning them loses no digit."""
MIDDLE = 6400
TURN = 4 * MIDDLE / GRID
OTHER_WAY = {"bullish": "bearish", "bearish": "bullish", "neutral": "neutral"}
NEVER = float("inf")


def walked(seed: int, count: int, still: float, reach: int) -> list[Bar]:
    """A random walk of bars; the more `still`, the more of them have no body, no shadow or no range."""
    rng = np.random.default_rng(seed)
    stirs = lambda: rng.random(count) >= still  # noqa: E731
    close = 2 * MIDDLE + np.cumsum(rng.integers(-reach, reach + 1, count) * stirs())
    opens = np.where(stirs(), np.concatenate([close[:1], close[:-1]]) + rng.integers(-2, 3, count), close)
    high = np.maximum(opens, close) + rng.integers(0, reach + 1, count) * stirs()
    low = np.minimum(opens, close) - rng.integers(0, reach + 1, count) * stirs()
    volume = np.exp(rng.normal(7, 1, count)).astype(int).tolist()
    ticks = [None if number == 0 else int(number) for number in rng.integers(0, 7, count)]
    prices = zip(*((column / GRID).tolist() for column in (opens, high, low, close)), strict=True)
    return [
        Bar("BF/B", "1min", 60.0 * number, *four, volume[number], ticks[number]) for number, four in enumerate(prices)
    ]


def turned(bars: list[Bar]) -> list[Bar]:
    return [
        bar._replace(open=TURN - bar.open, high=TURN - bar.low, low=TURN - bar.high, close=TURN - bar.close)
        for bar in bars
    ]


def found_in(bars: list[Bar], last: int) -> dict[tuple[int, str, str], float]:
    """By row, name and direction: how sure. Of the candlesticks those alone that have a mirror image."""
    panel = walk(bars, last, tick_size=1 / GRID)
    has_mirror: Callable[[str], float] = lambda name: NEVER if name in NO_MIRROR else 0.0  # noqa: E731
    everything: list[PatternMatch] = [
        part for each in (candles, levels, crossings) for part in each.find(panel, has_mirror)
    ]
    return {(one.row, one.pattern, one.direction): one.confidence for one in everything}


def test_every_pattern_has_a_mirror_image_or_a_reason() -> None:
    assert mirrors().keys() | NO_MIRROR.keys() == every_name()
    assert mirrors().keys() & NO_MIRROR.keys() == set()
    assert all(mirrors()[mirror] == name for name, mirror in mirrors().items())


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3, 0.6, 0.9, 0.97]), st.integers(1, 12))
def test_mirrored_prices_yield_mirrored_patterns_with_equal_confidence(seed: int, still: float, reach: int) -> None:
    bars = walked(seed, 320, still, reach)

    upright, upside_down = found_in(bars, 100), found_in(turned(bars), 100)

    names = mirrors()
    expected = {(row, names[name], OTHER_WAY[way]): sure for (row, name, way), sure in upright.items()}
    assert upside_down.keys() == expected.keys()
    # Exponential averages are rounded another way upside down.
    assert all(abs(sure - upside_down[key]) <= 0.001 for key, sure in expected.items())


def test_random_walks_contain_most_patterns_with_a_mirror_image() -> None:
    functions = {
        name
        for still in (0.0, 0.3, 0.6)
        for seed in range(3)
        for _, name, _ in found_in(walked(seed, 2000, still, 6), 1700)
    }

    assert len(functions) >= 50
    assert functions <= mirrors().keys()


def signs(panel: Panel) -> dict[str, list[int]]:
    unbiased = candles.unbiased_signs(panel)
    return {candle.function: sign.tolist() for candle, sign in zip(candles.CANDLES, unbiased, strict=True)}


def test_every_talib_function_reports_the_opposite_on_mirrored_prices() -> None:
    bars = [bar for still in (0.0, 0.5) for bar in walked(7, 8000, still, 6)]
    upright, upside_down = signs(walk(bars, len(bars))), signs(walk(turned(bars), len(bars)))
    stars = {"MORNINGSTAR": "EVENINGSTAR", "MORNINGDOJISTAR": "EVENINGDOJISTAR"}
    stars |= {other: one for one, other in stars.items()}

    leaning = {
        candle.function
        for candle in candles.CANDLES
        if candle.direction is None
        and upside_down[stars.get(candle.function, candle.function)] != [-sign for sign in upright[candle.function]]
    }

    assert leaning <= {candle.function for candle in candles.CANDLES if candle.names[0] in NO_MIRROR}
    assert {"HAMMER", "PIERCING", "GAPSIDESIDEWHITE", "ONNECK"} <= leaning


def test_a_candle_without_a_body_is_engulfed_by_neither_side() -> None:
    """TA-Lib takes it for a white one, which a black one engulfs."""
    rows = [(100.0 + (n % 3) / GRID, 100.5, 99.5, 100.0) for n in range(40)]
    down, up = (100.25, 101.0, 98.0, 98.5), (99.75, 102.0, 99.0, 101.5)

    for last in (down, up):
        series = [Bar("BF/B", "daily", 0.0, *row, 1000) for row in (*rows, (100.0, 100.1, 99.9, 100.0), last)]
        panel = walk(series, 1)
        raw = dict(zip([candle.function for candle in candles.CANDLES], candles.signs(panel), strict=True))
        assert raw["ENGULFING"].tolist() == [-100 if last is down else 0]
        assert signs(panel)["ENGULFING"] == [0]
