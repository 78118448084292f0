"""What a chart says about a price change that no split explains."""

from datetime import date
from pathlib import Path

import pytest

from app.db.pools import Pools
from app.finance import history as shipped
from app.finance.adjust import Prices, Split
from app.finance.jumps import Jump, Step, is_jump, unexplained_jumps
from app.finance.quote import NewestQuote
from app.finance.sessions import regular
from app.identity import View
from app.ingest.replay import ReplayProvider, ReplaySpeed
from app.quotes.board import QuoteBoard
from app.quotes.charts import figure
from app.quotes.charts.cache import Chart, ChartCache, advance
from app.quotes.charts.history import ChartRequest, history
from app.quotes.charts.numbers import chart_model
from app.quotes.charts.settings import ChartSettings, usual_timeframe
from app.quotes.seed import seed
from app.wire.state.newest_quotes import NewestQuotes
from tests.conftest import Databases
from tests.support.quote_samples import bars, quote, tick
from tests.support.stored_bars import store_bars, store_splits

PATH = Path("config/history/us-equities-daily.csv.gz")
APPLE = [bar for bar in shipped.read(PATH) if bar.symbol == "AAPL"]
SPLITS = [("AAPL", split.day, int(split.ratio)) for split in shipped.read_splits(PATH.with_name("splits.csv"))["AAPL"]]
FEBRUARY = "the change from a close of 88.99 to an open of 44.68 on 28 Feb 2005"
SEPTEMBER = "the change from a close of 53.50 to an open of 28.19 on 29 Sep 2000"


def caption(chart: Chart) -> str:
    text = figure.caption(chart_model(chart), View()).partition('quiet">')[2].partition("</p>")[0]
    return " ".join(text.split())


async def apple(pools: Pools, span: str, prices: Prices = "split") -> Chart:
    page = await history(
        ChartRequest("AAPL", ChartSettings(span=span, timeframe=usual_timeframe(span), prices=prices)),
        pools,
        QuoteBoard(),
        ChartCache(),
    )
    assert page
    return page.chart


async def store(databases: Databases, until: date) -> None:
    await store_bars(databases.engine, [bar for bar in APPLE if bar.day <= until])


async def test_shipped_splits_adjust_the_chart_of_apple(databases: Databases, pools: Pools) -> None:
    await store(databases, date(2005, 6, 30))
    await store_splits(databases.engine, SPLITS)

    chart = await apple(pools, "1y")

    before, after = next(pair for pair in zip(chart.past, chart.past[1:], strict=False) if pair[1].open == 44.68)
    assert before.close == pytest.approx(88.99 / 2)
    assert before.day == date(2005, 2, 25)
    assert after.day == date(2005, 2, 28)
    assert caption(chart).startswith("Adjusted for splits:")
    assert "No split" not in caption(chart)
    assert chart.jumps == ()


async def test_the_previous_close_of_a_replay_is_adjusted_on_the_day_of_a_shipped_split(
    databases: Databases, pools: Pools, newest: NewestQuotes
) -> None:
    """Told by the feed, and then by the ticks themselves."""
    await store_splits(databases.engine, SPLITS)
    replay = ReplayProvider(APPLE, date(2005, 2, 24), ReplaySpeed(1.0, 1.0, 1.0))
    opens, board, close = regular(date(2005, 2, 28)).opens, QuoteBoard(), replay.previous_close("AAPL", "2005-02-28")
    await newest.put([NewestQuote("AAPL", 44.68, opens, "2005-02-28", 44.68, 44.68, 44.68, 9, close)])
    await seed(board, pools, newest)
    live = QuoteBoard()
    live.set_splits(shipped.read_splits(PATH.with_name("splits.csv")))
    live.apply(tick("AAPL", 88.99, regular(date(2005, 2, 25)).closes - 1))
    live.apply(tick("AAPL", 44.68, opens))

    assert close == 88.99
    for quotes in (board, live):
        entry = quotes.quote("AAPL")
        assert entry
        assert entry.previous_close == pytest.approx(44.495)
        assert entry.fraction == pytest.approx(44.68 / 44.495 - 1)


@pytest.mark.parametrize("span", ["1y", "all"])
async def test_a_jump_without_a_split_is_named_with_its_day_and_sizes(
    databases: Databases, pools: Pools, span: str
) -> None:
    await store(databases, date(2005, 6, 30))

    text = caption(await apple(pools, span))

    assert "No split in this range" not in text
    assert text.startswith("Prices are as traded. No split that is known explains " + FEBRUARY)
    assert (SEPTEMBER in text) is (span == "all")
    assert "as traded" in caption(await apple(pools, span, "raw"))
    assert FEBRUARY not in caption(await apple(pools, span, "raw"))
    assert FEBRUARY in caption(await apple(pools, span, "total"))


async def test_jumps_that_splits_do_not_explain_are_named_beside_them(databases: Databases, pools: Pools) -> None:
    await store(databases, date(2005, 6, 30))
    await store_splits(databases.engine, SPLITS)

    text = caption(await apple(pools, "all"))

    assert text.startswith("Adjusted for splits:")
    assert text.count("the change from") == 1
    assert SEPTEMBER in text


async def test_a_split_that_the_price_did_not_follow_is_named(databases: Databases, pools: Pools) -> None:
    stored_bars = bars("BRK.B", 40)
    await store_bars(databases.engine, stored_bars)
    await store_splits(databases.engine, [("BRK.B", stored_bars[30].day, 4)])

    page = await history(ChartRequest("BRK.B"), pools, QuoteBoard(), ChartCache())

    assert page
    assert page.chart.jumps == (Jump(stored_bars[30].day, stored_bars[29].close, stored_bars[30].open),)


async def test_a_jump_of_today_is_named_at_once_and_from_the_next_day_on(databases: Databases, pools: Pools) -> None:
    board, charts = QuoteBoard(), ChartCache()
    await store_bars(databases.engine, bars("BRK.B", 40))
    board.apply(tick("BRK.B", 5.0))

    page = await history(ChartRequest("BRK.B"), pools, board, charts)
    assert page
    today, yesterday = page.chart.today, page.chart.past[-1]
    assert today
    tomorrow, _ = advance(page.chart, quote("BRK.B", 5.1, session=date(2012, 9, 5), open=5.1, high=5.1, low=5.0))

    jump = Jump(today.day, yesterday.close, 5.0)
    assert page.chart.unexplained_jumps == (jump,)
    assert f"on {today.day.day} Sep 2012" in caption(page.chart)
    assert tomorrow.unexplained_jumps == (jump,)


def test_more_than_three_jumps_are_counted() -> None:
    days = [date(2012, 1, day) for day in range(2, 9)]
    jumps = tuple(Jump(day, 10.0, 20.0) for day in days)
    stored_bars = bars("BRK.B", 300)
    chart = Chart(quote("BRK.B", 1.0).instrument, ChartSettings(), tuple(stored_bars), jumps=jumps)

    jump_days = [jump.day for jump in chart.unexplained_jumps]

    assert jump_days == days


@pytest.mark.parametrize(
    ("before", "open_price", "expected"),
    [(10, 15, False), (10, 15.01, True), (15, 10, False), (15.01, 10, True), (0, 5, False), (5, 0, False)],
)
def test_a_rise_by_half_or_a_fall_by_a_third_is_a_jump(before: float, open_price: float, expected: bool) -> None:
    assert is_jump(before, open_price) is expected


def test_a_split_explains_a_jump_of_its_ratio_alone() -> None:
    eve, day = date(2005, 2, 25), date(2005, 2, 28)
    steps = [Step(eve, 88.99, day, 44.68)]

    assert list(unexplained_jumps(steps, [Split(day, 2.0)])) == []
    assert list(unexplained_jumps(steps, [Split(date(2005, 2, 26), 2.0)])) == []
    assert list(unexplained_jumps(steps, [Split(day, 20.0)])) == [Jump(day, 88.99, 44.68)]
    assert list(unexplained_jumps(steps, [Split(eve, 2.0)])) == [Jump(day, 88.99, 44.68)]
