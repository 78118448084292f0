"""The data of a chart: stored days, today, splits and patterns."""

from datetime import date
from typing import Any

import pytest

from app.db.pools import Pools
from app.finance import periods
from app.finance.adjust import Prices
from app.finance.bars import Timeframe
from app.finance.quote import NewestQuote
from app.identity import View
from app.quotes.board import QuoteBoard
from app.quotes.charts import figure
from app.quotes.charts.cache import ChartCache
from app.quotes.charts.history import ChartRequest, history
from app.quotes.charts.numbers import chart_model
from app.quotes.charts.settings import ChartSettings
from app.quotes.seed import seed
from app.wire.state.newest_quotes import NewestQuotes
from tests.conftest import Databases
from tests.support.quote_samples import AWKWARD, OPEN, bars, tick
from tests.support.stored_bars import (
    PatternRow,
    store_bars,
    store_dividends,
    store_patterns,
    store_splits,
    store_symbols,
)


def request(symbol: str, **settings: Any) -> ChartRequest:
    return ChartRequest(symbol, ChartSettings(**settings))


async def test_a_chart_has_stored_days_and_today(databases: Databases, pools: Pools) -> None:
    board, charts = QuoteBoard(), ChartCache()
    await store_bars(databases.engine, bars("BF/B", 40))
    board.apply(tick("BF/B", 45.0))

    page = await history(request("BF/B", span="1m"), pools, board, charts)

    assert page is not None
    assert len(page.chart.bars) == 28
    assert page.chart.last is not None
    assert page.chart.last.day == date(2012, 9, 4)
    assert page.years == (9.0, 51.0)
    assert charts.get(*request("BF/B", span="1m")) is page.chart


async def test_the_day_that_is_stored_and_still_newest_is_drawn_once(
    databases: Databases, pools: Pools, newest: NewestQuotes
) -> None:
    board, charts = QuoteBoard(), ChartCache()
    await store_bars(databases.engine, bars("BRK.B", 40))
    await seed(board, pools, newest)

    page = await history(request("BRK.B", span="3m"), pools, board, charts)

    assert page is not None
    assert [bar.day for bar in page.chart.bars] == sorted({bar.day for bar in bars("BRK.B", 40)})


async def test_a_long_history_is_drawn_in_weeks_that_keep_every_price(databases: Databases, pools: Pools) -> None:
    board = QuoteBoard()
    stored_bars = bars("X:BTCUSD", 700)
    await store_bars(databases.engine, stored_bars)

    page = await history(request("X:BTCUSD", span="all", timeframe="weekly"), pools, board, ChartCache())

    assert page is not None
    chart = page.chart
    assert 100 <= len(chart.bars) <= 101
    assert sum(bar.volume for bar in chart.bars) == sum(bar.volume for bar in stored_bars)
    assert (chart.bars[0].open, chart.bars[-1].close) == (stored_bars[0].open, stored_bars[-1].close)


async def test_marks_are_the_patterns_of_daily_bars(databases: Databases, pools: Pools) -> None:
    board = QuoteBoard()
    stored_bars = bars("BRK.B", 10)
    await store_bars(databases.engine, stored_bars)
    closing = stored_bars[4].start + 20 * 3600
    await store_patterns(databases.engine, "daily", [PatternRow("BRK.B", "Hammer", closing)])
    await store_patterns(databases.engine, "1min", [PatternRow("BRK.B", "Doji", closing)])

    page = await history(request("BRK.B", span="1m"), pools, board, ChartCache())

    assert page is not None
    assert [(mark.day, mark.pattern) for mark in page.chart.marks] == [(stored_bars[4].day, "Hammer")]


async def test_an_unknown_symbol_has_no_history(pools: Pools) -> None:
    assert await history(request("NOBODY", span="1y"), pools, QuoteBoard(), ChartCache()) is None


async def test_a_chart_is_adjusted_for_splits(databases: Databases, pools: Pools) -> None:
    board, stored_bars = QuoteBoard(), bars("BRK.B", 40)
    await store_bars(databases.engine, stored_bars)
    await store_splits(databases.engine, [("BRK.B", stored_bars[30].day, 2), ("BRK.B", date(2012, 9, 5), 7)])
    board.apply(tick("BRK.B", 45.0))

    page = await history(request("BRK.B", span="3m"), pools, board, ChartCache())
    other = await history(request("BRK.B", span="1m"), pools, board, ChartCache())

    assert page is not None
    assert page.chart.adjusted
    assert [bar.close for bar in page.chart.past] == [
        bar.close / 2 if at < 30 else bar.close for at, bar in enumerate(stored_bars)
    ]
    assert "Adjusted for splits" in figure.caption(chart_model(page.chart), View())
    assert other is not None
    assert other.chart.adjusted


async def test_weeks_of_split_shares_are_made_of_adjusted_days(databases: Databases, pools: Pools) -> None:
    board, stored_bars = QuoteBoard(), bars("X:BTCUSD", 700)
    await store_bars(databases.engine, stored_bars)
    middle = next(at for at, bar in enumerate(stored_bars) if at > 400 and bar.day.weekday() == 2)
    await store_splits(databases.engine, [("X:BTCUSD", stored_bars[middle].day, 2)])

    page = await history(request("X:BTCUSD", span="all", timeframe="weekly"), pools, board, ChartCache())

    assert page is not None
    week = next(bar for bar in page.chart.past if bar.start == stored_bars[middle - 2].start)
    assert page.chart.adjusted
    assert week.open == stored_bars[middle - 2].open / 2
    assert week.close == stored_bars[middle + 4].close
    assert week.volume == sum(bar.volume * 2 for bar in stored_bars[middle - 2 : middle]) + sum(
        bar.volume for bar in stored_bars[middle : middle + 5]
    )


async def test_the_52_week_range_is_adjusted_for_splits(databases: Databases, pools: Pools) -> None:
    board, stored_bars = QuoteBoard(), bars("BRK.B", 400)
    await store_bars(databases.engine, stored_bars)
    await store_splits(databases.engine, [("BRK.B", stored_bars[390].day, 4)])
    board.apply(tick("BRK.B", 300.0))

    page = await history(request("BRK.B", span="1m"), pools, board, ChartCache())

    assert page is not None
    first = next(at for at, bar in enumerate(stored_bars) if (date(2012, 9, 4) - bar.day).days < 364)
    assert page.years == (stored_bars[first].low / 4, stored_bars[-1].high)


async def test_the_52_week_range_includes_today(databases: Databases, pools: Pools) -> None:
    board = QuoteBoard()
    await store_bars(databases.engine, bars("BRK.B", 40))
    for price, after in ((500.0, 0), (1.0, 60), (40.0, 120)):
        board.apply(tick("BRK.B", price, OPEN + after))

    page = await history(request("BRK.B", span="1m"), pools, board, ChartCache())

    assert page is not None
    assert page.years == (1.0, 500.0)


@pytest.mark.parametrize("prices", ["split", "total", "raw"])
async def test_a_chart_uses_the_requested_price_adjustment(databases: Databases, pools: Pools, prices: Prices) -> None:
    board, charts, stored_bars = QuoteBoard(), ChartCache(), bars("BRK.B", 40)
    split, payout_day = stored_bars[10].day, stored_bars[20].day
    await store_bars(databases.engine, stored_bars)
    await store_symbols(databases.engine, {"BRK.B": "Berkshire"})
    await store_splits(databases.engine, [("BRK.B", split, 2)])
    dividends = [
        ("BRK.B", payout_day, "CD", 1.0, "USD"),
        ("BRK.B", payout_day, "SC", 0.5, None),
        ("BRK.B", payout_day, "LT", 9.0, "EUR"),
    ]
    await store_dividends(databases.engine, dividends)
    board.apply(tick("BRK.B", 45.0))

    page = await history(request("BRK.B", span="3m", prices=prices), pools, board, charts)

    assert page is not None
    halves = [0.5 if at < 10 and prices != "raw" else 1.0 for at in range(40)]
    dividend_factors = [1 - 1.5 / stored_bars[19].close if at < 20 and prices == "total" else 1.0 for at in range(40)]
    expected = [bar.close * half * rest for bar, half, rest in zip(stored_bars, halves, dividend_factors, strict=True)]
    assert [bar.close for bar in page.chart.past] == pytest.approx(expected)
    assert page.chart.last is not None
    assert page.chart.last.close == 45.0
    assert charts.get(*request("BRK.B", span="3m", prices=prices)) is page.chart
    words = {"split": "Adjusted for splits", "total": "adjusted for splits and dividends", "raw": "Prices as traded"}
    caption = figure.caption(chart_model(page.chart), View())
    assert [each for each, text in words.items() if text in caption] == [prices]


async def test_the_previous_close_on_a_split_day_is_adjusted_from_every_source(
    databases: Databases, pools: Pools, newest: NewestQuotes
) -> None:
    board, day = QuoteBoard(), date(2012, 9, 4)
    for symbol in AWKWARD:
        await store_bars(databases.engine, bars(symbol, 3))
    await store_bars(databases.engine, bars("BF/B", 1, day))
    await store_symbols(databases.engine, dict.fromkeys(AWKWARD, ""))
    await store_splits(databases.engine, [(symbol, day, 2) for symbol in AWKWARD])
    left = NewestQuote("BRK.B", 6.0, OPEN, "2012-09-04", 6.0, 6.0, 6.0, 5)
    await newest.put([left._replace(previous_close=13.0), left._replace(symbol="X:BTCUSD")])

    await seed(board, pools, newest)
    await seed(board, pools, newest)

    assert [quote.previous_close for quote in board.first(10)] == [6.5, 6.5, 6.5]


@pytest.mark.parametrize(("count", "timeframe"), [(1_400, "weekly"), (2_200, "monthly")])
async def test_a_long_history_is_drawn_in_whole_periods(
    databases: Databases, pools: Pools, count: int, timeframe: Timeframe
) -> None:
    stored_bars = bars("IBM", count)
    await store_bars(databases.engine, stored_bars)

    page = await history(request("IBM", span="all", timeframe=timeframe), pools, QuoteBoard(), ChartCache())

    assert page is not None
    assert [bar[2:8] for bar in page.chart.bars] == [bar[2:8] for bar in periods.merge(stored_bars, timeframe)]


async def test_a_symbol_without_a_stored_day_has_todays_candle(pools: Pools) -> None:
    board = QuoteBoard()
    board.apply(tick("BRK.B", 45.0))

    for span in ("", "6m", "all"):
        page = await history(request("BRK.B", span=span), pools, board, ChartCache())

        assert page is not None
        assert [bar.close for bar in page.chart.bars] == [45.0]
        assert page.years is None
