"""In an invented session without a trend as many patterns are bullish as bearish."""

from collections import Counter

import pytest

from app.ingest.synthetic_universe import SyntheticUniverse
from bench.bias import SESSIONS, patterns

SYMBOLS = 15


@pytest.mark.parametrize(
    ("spacing", "with_ticks"), [(60.0, False), (10.0, True)], ids=("one price a minute", "six ticks")
)
def test_as_many_patterns_of_minutes_are_bullish_as_bearish(spacing: float, *, with_ticks: bool) -> None:
    universe = SyntheticUniverse(42, SYMBOLS, SESSIONS[0], 0)

    upright, upside_down = (
        Counter(side for _, side in patterns(universe, "1min", spacing, with_ticks=with_ticks, upside_down=turned))
        for turned in (False, True)
    )

    assert min(upright["bullish"], upright["bearish"]) > 20 * SYMBOLS
    assert upside_down["bullish"] == pytest.approx(upright["bearish"], rel=0.02)
    assert upside_down["bearish"] == pytest.approx(upright["bullish"], rel=0.02)
    assert upright["bearish"] == pytest.approx(upright["bullish"], rel=0.15)
