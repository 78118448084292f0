"""An alert is published when the signal of an indicator differs from that of the bar before."""

from datetime import date, timedelta

import asyncpg
import pytest

from app.engine.analysis import indicator_alerts
from app.engine.analysis.analyse import analyse
from app.engine.analysis.indicator_alerts import KINDS
from app.engine.analysis.thresholds import Thresholds
from app.finance.bars import Bar, day_start
from app.finance.panel import walk
from app.finance.sessions import regular
from app.wire.events.event import IndicatorAlert
from tests.support.running_engine import DAY as SESSION
from tests.support.running_engine import daily, events_of, eventually, recorded_events, running_engine, running_feed

LAST_TWO_SIGNALS = """
select distinct on (symbol, indicator_type) symbol, indicator_type as indicator, signal, before
  from (select *, value_data ->> 'state' as signal, lag(value_data ->> 'state') over own as before
          from daily_indicators
         where timeframe = 'daily'
        window own as (partition by symbol, indicator_type order by calculation_timestamp)) as signals
 order by symbol, indicator_type, calculation_timestamp desc
"""
LAST_SIGNALS_STORED = "select max(calculation_timestamp)::date >= $1 from daily_indicators"

FIRST = date(2012, 1, 2)
FALLING = [200.0 - n for n in range(60)]


def alerts(closes: list[float], timeframe: str = "daily") -> dict[str, list[float]]:
    """The number of closes at each alert, by kind; each bar is analysed as the last one."""
    bars = [
        Bar("BF/B", timeframe, day_start(FIRST + timedelta(days=n)), close, close + 1, close - 1, close, 1000)  # type: ignore[arg-type]
        for n, close in enumerate(closes)
    ]
    numbers: dict[str, list[float]] = {}
    for count in range(1, len(bars) + 1):
        panel = walk(bars[:count], 1)
        indicators = analyse(panel, Thresholds(0.7)).indicators
        for each in indicator_alerts.alerts(panel, indicators):
            assert (each.symbol, each.timeframe, each.at) == ("BF/B", timeframe, indicators[0].at)
            numbers.setdefault(each.alert, []).append(count)
    return numbers


def test_a_close_on_the_other_side_of_its_average_is_one_alert() -> None:
    numbers = alerts([*FALLING, 180.0, 181.0, 182.0, 120.0, 119.0])

    assert numbers["SMA50_CROSS_ABOVE"] == [61]
    assert numbers["SMA50_CROSS_BELOW"] == [64]


def test_the_first_value_of_an_indicator_and_a_signal_that_stays_are_no_alert() -> None:
    assert alerts(FALLING) == {}


def test_a_signal_that_ends_is_no_alert_and_the_next_one_is() -> None:
    numbers = alerts([*FALLING, *[141.0 + 6 * n for n in range(4)], *[160.0 - 3 * n for n in range(12)]])

    assert numbers["RSI_OVERSOLD"][0] > 64


def test_the_alert_names_its_threshold_and_side() -> None:
    closes = [100.0 + (n % 2) for n in range(60)] + [140.0]
    bars = [
        Bar("BF/B", "hourly", 1_346_765_400.0 + 3600 * n, close, close, close, close, 10)
        for n, close in enumerate(closes)
    ]
    panel = walk(bars, 1)

    by_kind = {each.alert: each for each in indicator_alerts.alerts(panel, analyse(panel, Thresholds(0.7)).indicators)}

    overbought = by_kind["RSI_OVERBOUGHT"]
    assert (overbought.indicator, overbought.threshold, overbought.direction) == ("RSI14", 70.0, "above")
    assert overbought.value is not None
    assert overbought.value > 70
    assert "BB_UPPER_BREAK" in by_kind


@pytest.mark.parametrize("timeframe", ["1min", "5min"])
def test_short_bars_have_no_alerts(timeframe: str) -> None:
    assert alerts([*FALLING, 180.0], timeframe) == {}


async def test_each_signal_that_differs_from_that_of_the_day_before_is_published_once(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    async with recorded_events(redis_url) as events:
        async with running_engine(redis_url, database_url), running_feed(redis_url):
            await eventually(lambda: daily(link, SESSION))
            await eventually(lambda: link.fetchval(LAST_SIGNALS_STORED, SESSION))
        alerts = [event for event in events_of(IndicatorAlert, events) if event.timeframe == "daily"]

    signals = await link.fetch(LAST_TWO_SIGNALS)
    changed = {
        (row["symbol"], KINDS[row["indicator"], row["signal"]].alert)
        for row in signals
        if row["signal"] != row["before"] and (row["indicator"], row["signal"]) in KINDS
    }
    assert changed
    assert sorted((alert.symbol, alert.alert) for alert in alerts) == sorted(changed)
    assert {alert.at for alert in alerts} == {regular(SESSION).closes}
