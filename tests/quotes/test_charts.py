from datetime import date

from app.finance.adjust import CorporateActions, Payout, Split
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.instrument import Instrument
from app.quotes.charts.cache import Chart, ChartCache, assemble
from app.quotes.charts.settings import ChartSettings
from app.quotes.quote import SymbolQuote
from tests.support.quote_samples import OPEN, bars, quote

BRK = Instrument("BRK.B", "Berkshire")


def today(day: date = date(2012, 9, 4), price: float = 40.0, **changed: object) -> SymbolQuote:
    return quote(price=price, session=day, open=39.0, high=41.0, low=38.0, volume=100, **changed)


def sample_chart(
    timeframe: Timeframe = "daily", stored_bars: list[Bar] | None = None, newest: SymbolQuote | None = None
) -> Chart:
    stored_bars = bars("BRK.B", 30) if stored_bars is None else stored_bars
    return assemble(BRK, ChartSettings(timeframe=timeframe), stored_bars, newest or today())


def apply_quote(charts: ChartCache, newest: SymbolQuote) -> tuple[Chart, bool]:
    (result,) = charts.apply(newest)
    return result


def test_the_candle_of_today_follows_the_stored_days() -> None:
    chart = sample_chart()

    assert len(chart.bars) == 31
    assert chart.last == Bar("BRK.B", "daily", day_start(date(2012, 9, 4)), 39.0, 41.0, 38.0, 40.0, 100)


def test_a_week_joins_its_stored_days_and_today() -> None:
    monday = bars("BRK.B", 1, date(2012, 9, 3))

    chart = sample_chart("weekly", monday)

    assert chart.bars == (monday[0]._replace(high=41.0, low=9.0, close=40.0, volume=1100),)


def test_a_price_changes_the_last_candle_alone() -> None:
    charts = ChartCache()
    before = charts.put(sample_chart())

    after, whole = apply_quote(charts, today(price=40.5))

    assert not whole
    assert after.past == before.past
    assert after.last is not None
    assert after.last.close == 40.5


def test_a_new_day_adds_a_candle_and_drops_the_oldest() -> None:
    charts = ChartCache()
    before = charts.put(sample_chart())

    after, whole = apply_quote(charts, today(date(2012, 9, 5)))

    assert whole
    assert len(after.bars) == len(before.bars)
    assert after.past[-1] == before.last
    assert after.bars[0] == before.bars[1]


def test_a_new_day_of_the_same_week_extends_the_weekly_candle() -> None:
    charts = ChartCache()
    charts.put(sample_chart("weekly", []))

    after, _ = apply_quote(charts, today(date(2012, 9, 5), price=40.25))

    assert len(after.bars) == 1
    assert after.bars[0].volume == 200
    assert after.bars[0].close == 40.25


def test_a_feed_that_restarts_in_the_past_discards_cached_charts() -> None:
    charts = ChartCache()
    charts.put(sample_chart())

    assert list(charts.apply(today(date(2012, 8, 1)))) == []
    assert charts.get("BRK.B", ChartSettings()) is None


def test_the_number_of_cached_charts_is_bounded() -> None:
    charts = ChartCache(limit=2)
    for symbol in ("BRK.B", "BF/B", "X:BTCUSD"):
        charts.put(sample_chart()._replace(instrument=Instrument(symbol)))

    assert charts.get("BRK.B", ChartSettings()) is None
    assert charts.get("X:BTCUSD", ChartSettings()) is not None
    assert list(charts.apply(today())) == []


def test_a_split_overnight_adjusts_every_candle() -> None:
    charts, split = ChartCache(), Split(date(2012, 9, 5), 4.0)
    before = charts.put(sample_chart()._replace(actions=CorporateActions([split])))

    after, whole = apply_quote(charts, today(date(2012, 9, 5), price=10.5)._replace(open=10.0, high=11.0, low=9.5))

    assert whole
    assert after.adjusted
    assert [bar.close for bar in after.past] == [bar.close / 4 for bar in before.bars[1:]]
    assert [bar.volume for bar in after.past] == [bar.volume * 4 for bar in before.bars[1:]]
    assert after.last is not None
    assert after.last.close == 10.5
    assert not apply_quote(charts, today(date(2012, 9, 5), price=10.5)._replace(open=10.0, high=11.0, low=9.5))[1]


def test_a_split_in_mid_week_adjusts_the_open_of_the_week() -> None:
    charts = ChartCache()
    charts.put(sample_chart("weekly", [])._replace(actions=CorporateActions([Split(date(2012, 9, 5), 4.0)])))

    after, _ = apply_quote(charts, today(date(2012, 9, 5), price=10.5)._replace(open=10.0, high=11.0, low=9.25))

    assert after.bars == (Bar("BRK.B", "daily", day_start(date(2012, 9, 4)), 9.75, 11.0, 9.25, 10.5, 500),)


def test_a_dividend_overnight_lowers_earlier_prices_of_total_return_charts() -> None:
    charts, payout = ChartCache(), Payout(date(2012, 9, 5), 0.4)
    total = charts.put(
        sample_chart()._replace(settings=ChartSettings(prices="total"), actions=CorporateActions((), [payout]))
    )
    split = charts.put(sample_chart())

    for after, _ in list(charts.apply(today(date(2012, 9, 5)))):
        before, factor = (total, 0.99) if after.settings.prices == "total" else (split, 1.0)
        assert [bar.close for bar in after.past] == [bar.close * factor for bar in before.bars[1:]]
        assert after.adjusted == (after.settings.prices == "total")


def test_a_reloaded_chart_that_differs_is_redrawn_for_its_readers_once() -> None:
    charts, mended = ChartCache(), [bar._replace(close=bar.low) for bar in bars("BRK.B", 30)]
    charts.put(sample_chart())
    charts.put(sample_chart(stored_bars=mended))

    assert [apply_quote(charts, today())[1] for _ in range(2)] == [True, False]


def test_a_day_older_than_the_range_leaves_a_chart_only_if_it_does_not_show_all() -> None:
    for settings, count in ((ChartSettings(), 31), (ChartSettings(span="all", timeframe="daily"), 32)):
        charts = ChartCache()
        charts.put(assemble(BRK, settings, bars("BRK.B", 30), today()))

        assert len(apply_quote(charts, today(date(2012, 9, 5)))[0].bars) == count


def test_a_chart_that_ends_in_the_past_stays_as_it_is() -> None:
    charts = ChartCache()
    charts.put(assemble(BRK, ChartSettings(until=date(2012, 8, 31)), bars("BRK.B", 30), None))

    assert list(charts.apply(today())) == []


def test_an_intraday_bar_runs_from_the_price_of_its_first_quote() -> None:
    charts, minutes = ChartCache(), [Bar("BRK.B", "5min", OPEN - 300, 39, 40, 38, 39.5, 10)]
    charts.put(assemble(BRK, ChartSettings(timeframe="5min"), minutes, None))

    for at, price in ((OPEN, 40.0), (OPEN + 60, 42.0), (OPEN + 299, 39.0)):
        after, _ = apply_quote(charts, today(price=price, at=at))

    assert after.bars == (minutes[0], Bar("BRK.B", "5min", OPEN, 40.0, 42.0, 39.0, 39.0, 0))


def test_an_intraday_bar_goes_on_from_its_stored_minutes() -> None:
    minutes = [Bar("BRK.B", "5min", OPEN - 300, 39, 40, 38, 39.5, 10), Bar("BRK.B", "5min", OPEN, 40, 43, 37, 41, 20)]

    chart = assemble(BRK, ChartSettings(timeframe="5min"), minutes, today(price=42.0, at=OPEN + 90))

    assert chart.bars == (minutes[0], minutes[1]._replace(close=42.0))


def test_a_stored_price_does_not_begin_an_intraday_bar() -> None:
    minutes = [Bar("BRK.B", "5min", OPEN, 40, 43, 37, 41, 20)]

    chart = assemble(BRK, ChartSettings(timeframe="5min"), minutes, today(at=OPEN + 600, arrived_at=None))

    assert (chart.bars, chart.today) == ((minutes[0],), None)
