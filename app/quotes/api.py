"""JSON API of quotes and stored bars."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Blueprint, abort

from app import deps
from app.finance.adjust import Prices
from app.finance.bars import Timeframe
from app.finance.instrument import Instrument
from app.finance.periods import DATED
from app.finance.symbol_index import clean_query
from app.finance.symbols import LONGEST
from app.identity import Scope
from app.quotes import adjusted_bars, lookup, queries
from app.quotes.board import QuoteBoard
from app.quotes.quote import SymbolQuote
from app.web import api, guards

blueprint = Blueprint("quotes_api", __name__, url_prefix=api.ROOT)

Symbol = Annotated[api.PlainText, Meta(max_length=LONGEST)]


PRICES_HELP = (
    "As if today's share had been held all along; the same less what it paid, of daily bars and longer; or as traded."
)


class QuotesParameters(msgspec.Struct, frozen=True):
    symbols: Annotated[
        str, Meta(max_length=4000, description="Only these, separated by commas.", examples=["AAPL,BRK.B"])
    ] = ""
    after: Annotated[Symbol, Meta(description="The `next` of the page before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class BarsParameters(msgspec.Struct, frozen=True):
    timeframe: Timeframe = "daily"
    since: api.Since | None = msgspec.field(name="from", default=None)
    until: api.Until | None = msgspec.field(name="to", default=None)
    limit: Annotated[int, Meta(ge=1, le=5000)] = 500
    prices: Annotated[Prices, Meta(description=PRICES_HELP)] = "split"


class Quote(msgspec.Struct, frozen=True):
    """Prices in `currency`. `time` is market time; `heard` is when this desk received it, null if it was only read.

    `open`, `high`, `low` and `volume` are of the regular hours; once trading goes on after them `close` is their last
    price. `outside_volume` was traded before and after. `previous_close` refers to the share of this session.
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


class PriceBar(msgspec.Struct, frozen=True):
    """`time` is its start: midnight UTC of the trading date for a daily bar."""

    time: datetime | None
    open: float
    high: float
    low: float
    close: float
    volume: int


class Bars(msgspec.Struct, frozen=True):
    """`adjusted`: whether a split or dividend changed any price."""

    symbol: str
    timeframe: Timeframe
    prices: Prices
    adjusted: bool
    bars: list[PriceBar]


@blueprint.get("/quotes")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Quotes, QuotesParameters)
async def quotes(parameters: QuotesParameters) -> Quotes:
    """The newest quote of every symbol, by symbol."""
    board = deps.board(QuoteBoard)
    rest = (
        _quotes_of(parameters, board)
        if parameters.symbols.strip(", ")
        else board.first(parameters.limit + 1, parameters.after)
    )
    page = rest[: parameters.limit]
    return Quotes([_as_json(each) for each in page], page[-1].symbol if len(rest) > len(page) else None)


@blueprint.get("/quotes/<path:symbol>")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Quote)
async def quote(_parameters: api.NoParameters, symbol: str) -> Quote:
    """The newest quote of one symbol."""
    newest = deps.board(QuoteBoard).quote(api.single_symbol(deps.symbols().spellings(clean_query(symbol))))
    return _as_json(newest) if newest else abort(404, "No quote is known of this symbol.")


@blueprint.get("/bars/<path:symbol>")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Bars, BarsParameters)
async def bars(parameters: BarsParameters, symbol: str) -> Bars:
    """The newest bars that are stored of one symbol between two times, oldest first."""
    name = api.single_symbol(await lookup.spellings(clean_query(symbol), deps.symbols(), deps.pools())) or clean_query(
        symbol
    )
    since, until = api.time_parameter("from", parameters.since), api.time_parameter("to", parameters.until)
    if parameters.prices == "total" and parameters.timeframe not in DATED:
        abort(400, "prices: total is of daily, weekly and monthly bars alone.")
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        instrument = await queries.instrument(connection, shape, name)
        quote = deps.board(QuoteBoard).quote(name)
        share = adjusted_bars.ShareBasis(
            instrument or Instrument(name), quote.session if quote else None, parameters.prices
        )
        adjusted = await adjusted_bars.bars(
            connection, shape, share, adjusted_bars.BarRange(parameters.timeframe, since, until, parameters.limit)
        )
        if instrument is None and not adjusted.bars:
            abort(404, "This symbol is not known.")
    rows = [PriceBar(api.utc_datetime(bar.start), *bar[3:8]) for bar in adjusted.bars]
    return Bars(name, parameters.timeframe, parameters.prices, adjusted.changed, rows)


def _quotes_of(parameters: QuotesParameters, board: QuoteBoard) -> list[SymbolQuote]:
    """Ordered by symbol. A word means the symbol itself, else every one that differs from it only in case."""
    index = deps.symbols()
    symbols = sorted(
        {symbol for word in parameters.symbols.split(",") for symbol in index.spellings(clean_query(word))}
    )
    quotes = (board.quote(symbol) for symbol in symbols if symbol > parameters.after)
    return [quote for quote in quotes if quote]


def _as_json(quote: SymbolQuote) -> Quote:
    instrument = quote.instrument
    return Quote(
        symbol=instrument.symbol,
        name=instrument.name,
        exchange=instrument.exchange,
        currency=instrument.currency,
        session=quote.session,
        price=quote.price,
        previous_close=quote.previous_close,
        change=quote.change,
        change_fraction=quote.fraction,
        open=quote.open,
        high=quote.high,
        low=quote.low,
        volume=quote.volume,
        close=quote.close,
        outside_volume=quote.outside,
        bid=quote.bid,
        ask=quote.ask,
        time=api.utc_datetime(quote.at),
        heard=api.utc_datetime(quote.arrived_at),
    )
