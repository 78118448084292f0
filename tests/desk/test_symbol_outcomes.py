"""What became of detections, and how often their pattern went its way."""

from datetime import timedelta

import pytest

from app.desk.symbol.outcomes import MOST, detection_outcomes
from app.desk.symbol.profile import CorporateAction
from app.finance.sessions import trading_date
from app.patterns.queries import Detection
from app.patterns.statistics.outcomes import PatternOutcomes, ReturnSums
from tests.support.quote_samples import DAY, OPEN

TODAY = trading_date(OPEN)
FOUR_DAYS_AGO = OPEN - 4 * DAY
SUMS = (ReturnSums(0, 0.0, 0, 0), ReturnSums(19, 0.4, 12, 6), ReturnSums(0, 0.0, 0, 0))


def detection(direction: str = "bullish", price: float | None = 80.0) -> Detection:
    return Detection("BF/B", "Hammer", "daily", 0.8, direction, FOUR_DAYS_AGO, price)


@pytest.mark.parametrize(("direction", "hits"), [("bullish", 12), ("bearish", 6), ("neutral", None)])
def test_a_hit_rate_is_of_the_pattern_in_its_direction(direction: str, hits: int | None) -> None:
    name = ("Hammer", "daily", direction)

    (one,) = detection_outcomes([detection(direction)], 84.0, (), {name: PatternOutcomes(*name, SUMS)}, TODAY)

    assert (one.hits, one.cases) == (hits, 19)
    assert one.since == pytest.approx(0.05)


def test_a_split_since_then_is_no_fall() -> None:
    split = CorporateAction(TODAY - timedelta(days=1), ratio=2.0)
    ahead, before = split._replace(day=TODAY + timedelta(days=1)), split._replace(day=TODAY - timedelta(days=30))

    (one,) = detection_outcomes([detection()], 42.0, (ahead, split, before), {}, TODAY)

    assert one.since == pytest.approx(0.05)
    assert (one.hits, one.cases) == (None, 0)


@pytest.mark.parametrize(("then", "now"), [(None, 84.0), (0.0, 84.0), (-1.0, 84.0), (80.0, None)])
def test_without_two_prices_there_is_no_change(then: float | None, now: float | None) -> None:
    (one,) = detection_outcomes([detection(price=then)], now, (), {}, TODAY)

    assert one.since is None


def test_only_the_newest_are_listed() -> None:
    assert len(detection_outcomes([detection()] * 20, None, (), {}, None)) == MOST
