"""What a symbol is: facts of the company, figures of its newest day, splits and dividends, and near symbols."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from app import db
from app.db import corporate_actions
from app.db.pools import Pools
from app.finance.instrument import Instrument
from app.indicators.latest.queries import LatestBar
from app.market.overview.overview import MarketOverview
from app.quotes import queries
from app.quotes.instruments.queries import InstrumentFacts, facts

MOST_ACTIONS = 12
MOST_NEAR = 8


class CorporateAction(NamedTuple):
    """`ratio`: shares after a split for one before, None for a dividend; `amount`: of a dividend, per share."""

    day: date
    ratio: float | None = None
    amount: float | None = None


class NearSymbol(NamedTuple):
    """`fraction`: change since the previous close, 0.01 for 1 %, NaN where it is not known."""

    symbol: str
    fraction: float


class SymbolProfile(NamedTuple):
    """`shares`: market value by price. `actions`: newest first. `first_day`: of the stored bars."""

    company: InstrumentFacts
    actions: Sequence[CorporateAction]
    first_day: date | None

    def shares(self, price: float | None) -> float | None:
        return self.company.cap / price if self.company.cap and price and price > 0 else None


async def profile(instrument: Instrument, pools: Pools) -> SymbolProfile | None:
    """None while the database is away."""
    try:
        shape = await pools.shape()
        async with pools.market.acquire() as connection:
            company = (await facts(connection, shape, [instrument.symbol])).get(instrument.symbol, InstrumentFacts())
            stored_actions = await corporate_actions.actions(connection, instrument.symbol, instrument.currency)
            first_day = await queries.first_day(connection, shape, instrument.symbol)
    except db.Unavailable:
        return None
    actions = [
        *(CorporateAction(split.day, ratio=split.ratio) for split in stored_actions.splits),
        *(CorporateAction(payout.day, amount=payout.amount) for payout in stored_actions.payouts),
    ]
    newest = sorted(actions, key=lambda each: each.day, reverse=True)[:MOST_ACTIONS]
    return SymbolProfile(company, newest, first_day)


def day_values(bars: Iterable[LatestBar]) -> Mapping[str, float | None]:
    """Of the last closed day, by column; empty without one."""
    return next((bar.values for bar in bars if bar.timeframe == "daily" and not bar.running), {})


def near_symbols(symbol: str, overview: MarketOverview) -> list[NearSymbol]:
    """Of its sector, those next to it in weight: half of them heavier, half lighter, as far as there are as many."""
    place, figures = overview.places.get(symbol), overview.figures
    group = next((each for each in overview.sectors if each.name and place in each.rows.tolist()), None)
    if place is None or group is None:
        return []
    rows = group.rows.tolist()
    own = rows.index(place)
    first = max(0, min(own - MOST_NEAR // 2, len(rows) - MOST_NEAR - 1))
    near = [row for row in rows[first : first + MOST_NEAR + 1] if row != place]
    return [NearSymbol(figures.symbols[row], float(figures.fraction[row])) for row in near]
