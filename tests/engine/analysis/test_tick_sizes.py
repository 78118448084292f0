"""The tick size of an instrument in the engine."""

import asyncpg
import pytest

from app.engine.analysis.breadth import Groups, market_conditions
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.longer_bars import BarAggregator
from app.engine.startup.history import HistoryContext, analyse_history
from app.engine.storage import bars as bar_queries
from app.engine.storage import tables as market_tables
from app.finance import periods, studies
from app.finance.bars import Bar, Timeframe
from app.finance.instrument import Instrument
from app.finance.panel import PATTERN_BARS
from app.finance.series_by_timeframe import SeriesByTimeframe

DAY = 86400.0


def daily(symbol: str, *closes: float) -> list[Bar]:
    return [Bar(symbol, "daily", DAY * n, close, close, close, close, 1000) for n, close in enumerate(closes)]


async def test_the_tick_size_of_an_instrument_is_stored_once_and_read(link: asyncpg.Connection) -> None:
    await link.execute("delete from symbols")
    instruments = [Instrument("VOD.L", tick_size=0.05), Instrument("7203.T", currency="JPY", tick_size=1.0)]
    await bar_queries.put_instruments(link, instruments)
    await bar_queries.put_symbols(link, ["BF/B"])
    await bar_queries.put_instruments(link, [Instrument("VOD.L", tick_size=0.01)])

    assert await market_tables.tick_sizes(link) == {"VOD.L": 0.05, "7203.T": 1.0}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("drop table symbols cascade", {}),
        ("alter table symbols drop column tick_size", {}),
        ("alter table symbols alter column tick_size type text using 'a cent'", {}),
        ("alter table symbols alter column tick_size type double precision", {"VOD.L": 0.05}),
    ],
)
async def test_a_foreign_table_may_know_no_tick_sizes(
    link: asyncpg.Connection, change: str, expected: dict[str, float]
) -> None:
    await link.execute("delete from symbols")
    await bar_queries.put_instruments(link, [Instrument("VOD.L", tick_size=0.05)])
    await link.execute("alter table symbols drop constraint symbols_tick_size_check")
    await link.execute(change)

    assert await market_tables.tick_sizes(link) == expected


def words(series: SeriesByTimeframe, symbol: str, name: str = "SMA20") -> list[str]:
    panel = series.timeframe("daily").panel([symbol])
    return studies.signals(name, studies.read(panel)[name], panel.close[:, -1], panel.tick_size)


@pytest.mark.parametrize("sizes_first", [True, False])
def test_live_signals_use_the_instruments_tick_size(*, sizes_first: bool) -> None:
    series, sizes = SeriesByTimeframe(), {"FINE": 0.001, "COARSE": 0.05}
    if sizes_first:
        series.set_tick_sizes(sizes)
    for symbol in ("FINE", "COARSE", "USUAL"):
        series.extend(daily(symbol, *[10.0] * 30, 10.03 if symbol == "COARSE" else 10.005))
    series.set_tick_sizes(sizes)

    assert {symbol: words(series, symbol) for symbol in series.timeframe("daily").rows} == {
        "FINE": ["ABOVE"], "COARSE": [""], "USUAL": [""],
    }  # fmt: skip


def test_historical_signals_use_the_instruments_tick_size() -> None:
    bars = daily("FINE", *[10.0] * 30, 10.005)
    usual = HistoryContext(Thresholds(0.0), {})

    pattern_sets = [
        {event.signal for event in analyse_history(bars, past, 1).indicators if event.indicator == "SMA20"}
        for past in (usual, usual._replace(tick_size=0.001))
    ]

    assert pattern_sets == [{""}, {"ABOVE"}]


def test_breadth_counts_a_move_below_one_tick_as_unchanged() -> None:
    """44.495 is half of 88.99: half a cent up and down, the same, a cent up, half a cent down in whole mills."""
    closes = {"A": 44.50, "B": 44.49, "C": 44.495, "D": 44.51, "E": 44.49}
    days = [Bar(symbol, "daily", 0.0, 1, 1, 1, close, 100) for symbol, close in closes.items()]

    conditions = market_conditions(60.0, days, dict.fromkeys("ABCDE", 44.495), Groups(), {"E": 0.001})

    assert conditions
    assert (conditions.whole.symbols, conditions.whole.advancing, conditions.whole.declining) == (5, 1, 1)


def minute(number: int, ticks: int | None) -> Bar:
    return Bar("BF/B", "1min", 60.0 * number, 1, 2, 0.5, 1.5, 100, ticks)


def test_a_series_keeps_the_tick_counts_of_its_bars() -> None:
    series = SeriesByTimeframe()
    bars = [minute(number, None if number % 3 == 0 else number) for number in range(9)]
    series.extend(bars)

    panel = series.timeframe("1min").panel(["BF/B"])

    assert series.last("BF/B", "1min") == bars
    assert panel.last(0) == bars[-1]
    assert panel.ticks is not None
    assert panel.ticks.shape == (1, PATTERN_BARS)


@pytest.mark.parametrize(("timeframe", "count"), [("5min", 5), ("hourly", 60)])
@pytest.mark.parametrize(("unknown", "expected"), [(None, True), (2, False)])
def test_longer_bars_add_up_the_tick_counts_of_their_minutes(
    timeframe: Timeframe, count: int, unknown: int | None, *, expected: bool
) -> None:
    bars = [minute(number, None if number == unknown else 2) for number in range(count)]
    series = SeriesByTimeframe()
    longer = BarAggregator(series.timeframe("1min"), [timeframe])
    longer_bars: list[Bar] = []
    for bar in bars:
        series.add(bar)
        longer_bars += longer.add([bar])

    assert [bar.ticks for bar in longer_bars] == [2 * count if expected else None]
    assert [bar.ticks for bar in periods.merge(bars, timeframe)] == [bar.ticks for bar in longer_bars]
