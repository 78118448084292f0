from datetime import date

import pytest

from app.finance.adjust import CorporateActions, Payout, Split
from app.finance.bars import Bar, day_start
from app.finance.instrument import Instrument
from app.quotes.charts.cache import Chart, ChartCache, Grouping, PatternMark, assemble
from app.quotes.charts.drawing import draw_chart
from app.quotes.quote import SymbolQuote
from tests.support.quote_samples import bars, quote

BRK = Instrument("BRK.B", "Berkshire")


def today(day: date = date(2012, 9, 4), price: float = 40.0, **changed: object) -> SymbolQuote:
    return quote(price=price, session=day, open=39.0, high=41.0, low=38.0, volume=100, **changed)


def sample_chart(
    grouping: Grouping = "day", stored_bars: list[Bar] | None = None, newest: SymbolQuote | None = None
) -> Chart:
    return assemble(BRK, "1m", grouping, bars("BRK.B", 30) if stored_bars is None else stored_bars, newest or today())


def apply_quote(charts: ChartCache, newest: SymbolQuote) -> tuple[Chart, bool]:
    (result,) = charts.apply(newest)
    return result


def test_the_candle_of_today_follows_the_stored_days() -> None:
    chart = sample_chart()

    assert len(chart.bars) == 31
    assert chart.last == Bar("BRK.B", "daily", day_start(date(2012, 9, 4)), 39.0, 41.0, 38.0, 40.0, 100)


def test_a_week_joins_its_stored_days_and_today() -> None:
    monday = bars("BRK.B", 1, date(2012, 9, 3))

    chart = sample_chart("week", monday)

    assert chart.bars == (monday[0]._replace(high=41.0, low=9.0, close=40.0, volume=1100),)


def test_a_price_inside_the_scale_moves_the_last_candle_alone() -> None:
    charts = ChartCache()
    before = charts.put(sample_chart())

    after, whole = apply_quote(charts, today(price=40.5))

    assert not whole
    assert after.scale == before.scale
    assert after.last is not None
    assert after.last.close == 40.5


def test_a_price_outside_the_scale_redraws_the_whole_chart() -> None:
    charts = ChartCache()
    charts.put(sample_chart())

    after, whole = apply_quote(charts, today(price=400.0)._replace(high=400.0))

    assert whole
    assert after.scale is not None
    assert after.scale.high > 400


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
    charts.put(sample_chart("week", []))

    after, _ = apply_quote(charts, today(date(2012, 9, 5), price=40.25))

    assert len(after.bars) == 1
    assert after.bars[0].volume == 200
    assert after.bars[0].close == 40.25


def test_a_feed_that_restarts_in_the_past_discards_cached_charts() -> None:
    charts = ChartCache()
    charts.put(sample_chart())

    assert list(charts.apply(today(date(2012, 8, 1)))) == []
    assert charts.get("BRK.B", "1m") is None


def test_the_number_of_cached_charts_is_bounded() -> None:
    charts = ChartCache(limit=2)
    for symbol in ("BRK.B", "BF/B", "X:BTCUSD"):
        charts.put(sample_chart()._replace(instrument=Instrument(symbol)))

    assert charts.get("BRK.B", "1m") is None
    assert charts.get("X:BTCUSD", "1m") is not None
    assert list(charts.apply(today())) == []


def test_a_pattern_mark_is_placed_at_the_candle_of_its_day() -> None:
    stored_bars = bars("BRK.B", 5)
    marks = [
        PatternMark(stored_bars[2].day, "Hammer", "daily", direction, 1.0)
        for direction in ("bullish", "bearish", "bearish")
    ]
    nowhere = PatternMark(date(1999, 1, 1), "Doji", "daily", "neutral", 1.0)

    drawing = draw_chart(assemble(BRK, "1m", "day", stored_bars, today(), [*marks, nowhere]))

    assert drawing is not None
    below, above, higher = drawing.pins
    assert below.across == above.across == higher.across
    assert below.level > above.level > higher.level


def test_no_mark_covers_another_where_there_is_room() -> None:
    stored_bars = bars("BRK.B", 126)
    marks = [
        PatternMark(stored_bars[at].day, name, "daily", direction, 1.0)
        for at in (60, 61, 62, 63)
        for name in ("Hammer", "Doji")
        for direction in ("bullish", "bearish")
    ]

    drawing = draw_chart(assemble(BRK, "6m", "day", stored_bars, today(price=140.0), marks))

    assert drawing is not None
    assert len(drawing.pins) == len(marks)
    for at, pin in enumerate(drawing.pins):
        for other in drawing.pins[:at]:
            assert abs(pin.across - other.across) >= 2.2 or abs(pin.level - other.level) >= 6.6


@pytest.mark.parametrize("price", [10.0, 140.0, 9_000.0])
def test_no_mark_vanishes_while_the_price_moves(price: float) -> None:
    stored_bars = bars("BRK.B", 126)
    marks = [PatternMark(bar.day, "Doji", "daily", "neutral", 1.0) for bar in stored_bars[20:] for _ in range(6)]

    drawing = draw_chart(assemble(BRK, "6m", "day", stored_bars, today(price=price), marks))

    assert drawing is not None
    assert len(drawing.pins) == 4 * len(stored_bars[20:])


def test_a_chart_without_bars_is_not_drawn() -> None:
    assert draw_chart(assemble(BRK, "all", "month", [], None)) is None


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
    charts.put(sample_chart("week", [])._replace(actions=CorporateActions([Split(date(2012, 9, 5), 4.0)])))

    after, _ = apply_quote(charts, today(date(2012, 9, 5), price=10.5)._replace(open=10.0, high=11.0, low=9.25))

    assert after.bars == (Bar("BRK.B", "daily", day_start(date(2012, 9, 4)), 9.75, 11.0, 9.25, 10.5, 500),)


def test_a_dividend_overnight_lowers_earlier_prices_of_total_return_charts() -> None:
    charts, payout = ChartCache(), Payout(date(2012, 9, 5), 0.4)
    total = charts.put(sample_chart()._replace(prices="total", actions=CorporateActions((), [payout])))
    split = charts.put(sample_chart())

    for after, _ in list(charts.apply(today(date(2012, 9, 5)))):
        before, factor = (total, 0.99) if after.prices == "total" else (split, 1.0)
        assert [bar.close for bar in after.past] == [bar.close * factor for bar in before.bars[1:]]
        assert after.adjusted == (after.prices == "total")


def test_a_reloaded_chart_keeps_the_scale_of_its_readers() -> None:
    charts = ChartCache()
    before = charts.put(sample_chart())
    read = sample_chart(newest=today(price=40.5)._replace(high=41.5))
    assert read.scale != before.scale

    assert charts.put(read).scale == before.scale
    assert not apply_quote(charts, today(price=40.5)._replace(high=41.5))[1]


def test_a_reloaded_chart_that_differs_is_redrawn_for_its_readers_once() -> None:
    charts, mended = ChartCache(), [bar._replace(close=bar.low) for bar in bars("BRK.B", 30)]
    charts.put(sample_chart())
    charts.put(sample_chart(stored_bars=mended))

    assert [apply_quote(charts, today())[1] for _ in range(2)] == [True, False]
