"""In an invented session that leans to no side as many patterns are bullish as bearish."""

from collections import Counter

import pytest

from app.ingest.universe import Universe
from bench.bias import SESSIONS, patterns

SYMBOLS = 40


@pytest.mark.parametrize(("spacing", "counted"), [(60.0, False), (10.0, True)], ids=("one price a minute", "six ticks"))
def test_as_many_patterns_of_minutes_are_bullish_as_bearish(spacing: float, *, counted: bool) -> None:
    universe = Universe(42, SYMBOLS, SESSIONS[0], 0)

    sides = Counter(direction for _, direction in patterns(universe, "1min", spacing, counted=counted))

    assert min(sides["bullish"], sides["bearish"]) > 20 * SYMBOLS
    assert 0.8 < sides["bearish"] / sides["bullish"] < 1.25
