"""Quotes and stored bars for programs."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Blueprint, abort

from app import deps
from app.finance.adjust import Prices
from app.finance.bars import Timeframe
from app.finance.instrument import Instrument
from app.finance.symbol_index import typed
from app.finance.symbols import LONGEST
from app.identity import Scope
from app.quotes import adjusted_bars, lookup, queries
from app.quotes.board import Board
from app.quotes.quote import Quote as Known
from app.web import api, guards

blueprint = Blueprint("quotes_api", __name__, url_prefix=api.ROOT)

Symbol = Annotated[api.Word, Meta(max_length=LONGEST)]


PRICES_SAID = (
    "As if today's share had been held all along; the same less what it paid, of daily bars and longer; or as traded."
)


class QuotesAsked(msgspec.Struct, frozen=True):
    symbols: Annotated[
        str, Meta(max_length=4000, description="Only these, separated by commas.", examples=["AAPL,BRK.B"])
    ] = ""
    after: Annotated[Symbol, Meta(description="The `next` of the page before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class BarsAsked(msgspec.Struct, frozen=True):
    timeframe: Timeframe = "daily"
    since: api.Since | None = msgspec.field(name="from", default=None)
    until: api.Until | None = msgspec.field(name="to", default=None)
    limit: Annotated[int, Meta(ge=1, le=5000)] = 500
    prices: Annotated[Prices, Meta(description=PRICES_SAID)] = "split"


class Quote(msgspec.Struct, frozen=True):
    """Prices in `currency`. `time` is market time; `heard` is when this desk was told, null for what it only read.

    `open`, `high`, `low` and `volume` are of the regular hours; once trading goes on after them `close` is where they
    ended. `outside_volume` is what was traded before and after. `previous_close` is in the share of this session.
    """

    symbol: str
    name: str
    exchange: str
    currency: str
    session: date
    price: float
    previous_close: float | None
    change: float | None
    change_fraction: float | None
    open: float
    high: float
    low: float
    volume: int
    close: float | None
    outside_volume: int
    bid: float | None
    ask: float | None
    time: datetime | None
    heard: datetime | None


class Quotes(msgspec.Struct, frozen=True):
    quotes: list[Quote]
    next: str | None


class Bar(msgspec.Struct, frozen=True):
    """`time` is where it begins: midnight UTC of its trading date for a daily bar."""

    time: datetime | None
    open: float
    high: float
    low: float
    close: float
    volume: int


class Bars(msgspec.Struct, frozen=True):
    """`adjusted`: whether a split or a dividend was there to be applied."""

    symbol: str
    timeframe: Timeframe
    prices: Prices
    adjusted: bool
    bars: list[Bar]


@blueprint.get("/quotes")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Quotes, QuotesAsked)
async def quotes(asked: QuotesAsked) -> Quotes:
    """The newest quote of every symbol, by symbol."""
    board = deps.board(Board)
    rest = _chosen(asked, board) if asked.symbols.strip(", ") else board.first(asked.limit + 1, asked.after)
    page = rest[: asked.limit]
    return Quotes([_quote(each) for each in page], page[-1].symbol if len(rest) > len(page) else None)


@blueprint.get("/quotes/<path:symbol>")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Quote)
async def quote(_asked: api.Nothing, symbol: str) -> Quote:
    """The newest quote of one symbol."""
    found = deps.board(Board).quote(api.only(deps.symbols().spellings(typed(symbol))))
    return _quote(found) if found else abort(404, "No quote is known of this symbol.")


@blueprint.get("/bars/<path:symbol>")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Bars, BarsAsked)
async def bars(asked: BarsAsked, symbol: str) -> Bars:
    """The newest bars that are stored of one symbol between two times, oldest first."""
    wanted = api.only(await lookup.spellings(typed(symbol), deps.symbols(), deps.pools())) or typed(symbol)
    since, until = api.instant("from", asked.since), api.instant("to", asked.until)
    if asked.prices == "total" and asked.timeframe not in adjusted_bars.DATED:
        abort(400, "prices: total is of daily, weekly and monthly bars alone.")
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        known = await queries.instrument(connection, shape, wanted)
        quote = deps.board(Board).quote(wanted)
        share = adjusted_bars.Share(known or Instrument(wanted), quote.session if quote else None, asked.prices)
        found = await adjusted_bars.bars(
            connection, shape, share, adjusted_bars.Cut(asked.timeframe, since, until, asked.limit)
        )
        if known is None and not found.bars:
            abort(404, "This symbol is not known.")
    given = [Bar(api.moment(bar.start), *bar[3:8]) for bar in found.bars]
    return Bars(wanted, asked.timeframe, asked.prices, found.changed, given)


def _chosen(asked: QuotesAsked, board: Board) -> list[Known]:
    """By symbol; of each word all that differ only in case, unless one is written so."""
    known = deps.symbols()
    symbols = sorted({symbol for word in asked.symbols.split(",") for symbol in known.spellings(typed(word))})
    quotes = (board.quote(symbol) for symbol in symbols if symbol > asked.after)
    return [quote for quote in quotes if quote]


def _quote(known: Known) -> Quote:
    what = known.instrument
    return Quote(
        symbol=what.symbol,
        name=what.name,
        exchange=what.exchange,
        currency=what.currency,
        session=known.session,
        price=known.price,
        previous_close=known.previous_close,
        change=known.change,
        change_fraction=known.fraction,
        open=known.open,
        high=known.high,
        low=known.low,
        volume=known.volume,
        close=known.close,
        outside_volume=known.outside,
        bid=known.bid,
        ask=known.ask,
        time=api.moment(known.at),
        heard=api.moment(known.arrived_at),
    )
