"""Patterns of bars with few ticks have low confidence; bars without tick counts are judged by prices alone."""

from collections.abc import Sequence

import pytest

from app.finance import candles, crossings, levels
from app.finance.bars import Bar
from app.finance.panel import walk
from app.finance.shape import FULL_TICKS, PatternMatch
from app.settings.load import Settings

Prices = tuple[float, float, float, float]
USUAL = Settings().engine.min_confidence


def bars(rows: Sequence[Prices], ticks: Sequence[int | None] = ()) -> list[Bar]:
    """The last ones have those ticks, those before so many that they count in full."""
    series = [Bar("BF/B", "1min", 60.0 * n, *row, 1000, 50) for n, row in enumerate(rows)]
    for place, count in enumerate(reversed(ticks), 1):
        series[-place] = series[-place]._replace(ticks=count, volume=20_000 if place == 1 else 1000)
    return series


def rising(count: int) -> list[Prices]:
    return [(100 + n, 101.2 + n, 99.8 + n, 101 + n) for n in range(count)]


def swinging(count: int) -> list[Prices]:
    return [(170.0, 171.0, 169.0, 170.5 - n % 2) for n in range(count)]


def matches_by_name(series: list[Bar]) -> dict[str, PatternMatch]:
    every = lambda _name: 0.0  # noqa: E731
    panel = walk(series, 1)
    return {one.pattern: one for part in (candles, levels, crossings) for one in part.find(panel, every)}


def surest(rows: Sequence[Prices], ticks: Sequence[int | None], pattern: str) -> float:
    """Of that pattern alone: on one bar the surest hides the others."""
    panel = walk(bars(rows, ticks), 1)
    alone = candles.find(panel, lambda name: 0.0 if name == pattern else 2.0)
    return alone[0].confidence


ONE_PRICE: Prices = (161.0, 161.0, 161.0, 161.0)
GAP: Prices = (175.0, 175.0, 175.0, 175.0)
TRISTAR: list[Prices] = [ONE_PRICE, (162.0, 162.0, 162.0, 162.0), ONE_PRICE]


@pytest.mark.parametrize("ticks", [1, 2, 3, 4, 50])
def test_confidence_shrinks_with_the_ticks_that_a_bar_lacks(ticks: int) -> None:
    rows = [*swinging(70), GAP]

    whole, thin = matches_by_name(bars(rows, [None]))["GapUp"], matches_by_name(bars(rows, [ticks]))["GapUp"]

    assert whole.confidence > USUAL
    assert thin.confidence == pytest.approx(whole.confidence * min(1, ticks / FULL_TICKS), abs=0.001)
    assert thin._replace(confidence=whole.confidence) == whole


@pytest.mark.parametrize("ticks", [[1], [2]])
def test_a_bar_of_one_or_two_equal_ticks_is_no_doji_and_no_gap(ticks: list[int]) -> None:
    assert surest([*rising(60), ONE_PRICE], ticks, "Doji") < 0.5
    assert matches_by_name(bars([*swinging(70), GAP], ticks))["GapUp"].confidence <= 0.5
    assert matches_by_name(bars([*swinging(70), GAP], ticks))["BreakoutHigh"].confidence <= 0.5


def test_the_confidence_of_a_tristar_follows_its_thinnest_bar() -> None:
    rows = [*rising(60), *TRISTAR]

    unknown = surest(rows, [None, None, None], "TriStarBearish")

    assert unknown > USUAL
    assert surest(rows, [50, 4, 9], "TriStarBearish") == unknown
    for ticks in ([1, 50, 50], [50, 1, 50], [50, 50, 1], [1, 1, 1]):
        assert surest(rows, ticks, "TriStarBearish") == pytest.approx(unknown / 4, abs=0.001)
    assert surest(rows, [None, 2, None], "TriStarBearish") == pytest.approx(unknown / 2, abs=0.001)


def test_a_thin_bar_lowers_the_confidence_of_a_gap_after_it_and_not_of_a_breakout() -> None:
    rows = [*swinging(70), GAP]

    thin = matches_by_name(bars(rows, [1, 50]))

    assert thin["GapUp"].confidence <= 0.25
    assert thin["BreakoutHigh"] == matches_by_name(bars(rows, [50, 50]))["BreakoutHigh"]


def test_a_crossing_of_thin_bars_has_low_confidence() -> None:
    rows = [(100.0 - n % 2, 100.5 - n % 2, 99.0 - n % 2, 99.5 - n % 2) for n in range(90)]

    whole, thin = (matches_by_name(bars([*rows, GAP], [count]))["PriceAboveSMA50"] for count in (50, 1))

    assert thin.confidence == pytest.approx(whole.confidence / 4, abs=0.001)
    assert whole.confidence > USUAL
