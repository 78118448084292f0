"""A chart as it was at a moment in the past: bars up to then in the share of that day, and what closed after."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from app.db import corporate_actions
from app.db.connection import DatabaseConnection
from app.db.market import MarketShape
from app.finance import columns, shares
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.instrument import Instrument
from app.finance.periods import DATED, end
from app.finance.sessions import trading_date
from app.quotes import adjusted_bars
from app.quotes.adjusted_bars import BarRange, ShareBasis
from app.quotes.bars import queries
from app.quotes.charts import geometry
from app.web.times import MONTHS, exchange_clock

BARS = 60
LABELS = 6
LATER_DAYS = {"daily": 60, "weekly": 210, "monthly": 930}
"""Days in which the later bars are looked for, by timeframe."""
LATER_INTRADAY_DAYS = 10
MOST_LATER = 20_000


class FrozenChart(NamedTuple):
    """`bars`: oldest first; the last one ended at the moment."""

    instrument: Instrument
    timeframe: Timeframe
    bars: tuple[Bar, ...]
    adjusted: bool


class PriceLine(NamedTuple):
    """A price by what it is, in percent of the plot's height from the top."""

    level: float
    name: str
    price: float


class FrozenDrawing(NamedTuple):
    """`pin`: the last bar, in percent of the plot from the left and from the top; `edge`: of its candle."""

    chart: FrozenChart
    first: float
    until: float
    plot: geometry.Plot
    labels: tuple[geometry.Label, ...]
    price_lines: tuple[PriceLine, ...]
    across: float
    edge: float


async def frozen_chart(
    connection: DatabaseConnection, shape: MarketShape, instrument: Instrument, timeframe: Timeframe, at: float
) -> FrozenChart:
    """`at`: end of the last bar, UTC epoch seconds. Splits count that were made until its day."""
    basis = ShareBasis(instrument, trading_date(_within(timeframe, at)), "split")
    until = datetime.fromtimestamp(_within(timeframe, at), UTC)
    bars, adjusted = await adjusted_bars.bars(connection, shape, basis, BarRange(timeframe, None, until, BARS))
    return FrozenChart(instrument, timeframe, bars, adjusted)


async def later_closes(
    connection: DatabaseConnection, shape: MarketShape, symbol: str, timeframe: Timeframe, at: float, count: int
) -> list[float]:
    """Of the first `count` bars after `at`, in shares of that moment."""
    since = datetime.fromtimestamp(_within(timeframe, at), UTC)
    until = since + timedelta(days=LATER_DAYS.get(timeframe, LATER_INTRADAY_DAYS))
    later = await queries.read_bars(connection, shape, symbol, timeframe, since, until, MOST_LATER)
    splits = await corporate_actions.splits(connection, symbol)
    return [bar.close * shares.between(at, bar.start, splits, timeframe) for bar in islice(columns.bars(later), count)]


def _within(timeframe: Timeframe, at: float) -> float:
    """An engine that stores the date of a daily bar, and not its close, means that day's bar."""
    return at + 1 if timeframe in DATED and at % DAY == 0 else at


def draw_frozen(chart: FrozenChart, prices: Iterable[tuple[str, float]] = ()) -> FrozenDrawing | None:
    """None without bars. `prices`: to be marked by a line where the chart reaches that far."""
    scale = geometry.fit(chart.bars)
    if scale is None:
        return None
    bars, last = chart.bars, len(chart.bars) - 1
    return FrozenDrawing(
        chart=chart,
        first=_at(bars[0]),
        until=_at(bars[-1]),
        plot=geometry.plot(bars, bars, scale),
        labels=_labels(bars, scale),
        price_lines=tuple(
            PriceLine(geometry.percent(scale.y(price)), name, price)
            for name, price in prices
            if scale.low <= price <= scale.high
        ),
        across=geometry.across(last, scale),
        edge=geometry.percent(scale.y(bars[-1].low)),
    )


def _at(bar: Bar) -> float:
    """A moment of it: of a dated one its close, which is on its date wherever the reader is."""
    return end(bar.timeframe, bar.start) if bar.timeframe in DATED else bar.start


def _labels(bars: Sequence[Bar], scale: geometry.Scale) -> tuple[geometry.Label, ...]:
    step = -(-len(bars) // LABELS)
    return geometry.labels(((n, _label(bars[n])) for n in range(step // 2, len(bars), step)), scale)


def _label(bar: Bar) -> str:
    if bar.timeframe == "monthly":
        return f"{MONTHS[bar.day.month - 1]} {bar.day.year}"
    return f"{bar.day.day} {MONTHS[bar.day.month - 1]}" if bar.timeframe in DATED else exchange_clock(bar.start)[:5]
