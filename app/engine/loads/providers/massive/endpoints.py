"""Massive's REST endpoints (formerly Polygon): bars, ticker details, splits and dividends."""

import math
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar
from urllib.parse import quote

from msgspec import Struct

from app.engine.loads.providers.provider import BarPage, DateRange, ReferenceData
from app.engine.loads.providers.records import Numbered, Records, decode, records
from app.engine.loads.providers.rest import Rest
from app.engine.loads.sources.checker import Rows
from app.engine.loads.sources.timeframes import LoadTimeframe
from app.engine.storage.reference import DividendRecord, SplitRecord, SymbolDetails

LIMIT = 50_000
"""Base bars that one answer aggregates at most."""
REFERENCE_LIMIT = "1000"
TRADED_MINUTES = 960
"""Minutes of a day, with pre-market and after-hours trading."""
REFERENCE_REQUESTS = 3
DAY_MS = 86_400_000
EARLIEST_MS, LATEST_MS = -62_135_596_800_000, 253_402_300_799_999
"""The years 1 to 9999."""

T = TypeVar("T")


class Aggregate(Struct):
    t: int
    """Start of the bar in UTC milliseconds; a daily bar's is midnight in New York."""
    o: float
    h: float
    l: float  # noqa: E741 - the provider's word
    c: float
    v: float = 0.0


class TickerRecord(Struct):
    ticker: str
    name: str | None = None
    market: str | None = None
    locale: str | None = None
    primary_exchange: str | None = None
    type: str | None = None
    active: bool = True
    currency_name: str | None = None
    cik: str | None = None
    list_date: date | None = None


class SplitAnswer(Struct):
    execution_date: date
    split_from: float
    split_to: float


class DividendAnswer(Struct):
    ex_dividend_date: date
    cash_amount: float
    currency: str | None = None
    dividend_type: str = "CD"
    pay_date: date | None = None


async def bars(rest: Rest, symbol: str, frame: LoadTimeframe, span: DateRange) -> AsyncIterator[BarPage]:
    """Oldest first, unadjusted."""
    path = f"/v2/aggs/ticker/{quote(symbol, safe='')}/range/1/{frame.span}/{span.first}/{span.last}"
    params = {"adjusted": "false", "sort": "asc", "limit": str(LIMIT)}
    async for answer in rest.pages(path, params):
        bars_read = decode(BARS, answer)
        reached = _day(bars_read.records[-1]) if bars_read.records else None
        yield BarPage(_rows(symbol, frame, bars_read), reached, bars_read.bad)


async def reference(rest: Rest, symbol: str) -> ReferenceData:
    raw = await rest.one(f"/v3/reference/tickers/{quote(symbol, safe='')}")
    ticker = decode(TICKERS, [raw] if raw else [])
    splits = await _all(rest, "/v3/reference/splits", symbol, SPLITS)
    dividends = await _all(rest, "/v3/reference/dividends", symbol, DIVIDENDS)
    return ReferenceData(
        tuple(_symbol_details(symbol, record) for record in ticker.records),
        tuple(_split(symbol, record) for record in splits.records),
        tuple(_dividend(symbol, record) for record in dividends.records),
        (*ticker.bad, *splits.bad, *dividends.bad),
    )


def requests(symbols: int, frame: LoadTimeframe, span: DateRange) -> int:
    """Requests at most: a week has five trading days, holidays aside."""
    days = max(0, (span.last - span.first).days + 1) * 5 / 7
    # The limit counts minutes also where they are aggregated to hours.
    base = days if frame.dated else days * TRADED_MINUTES
    return symbols * (max(1, math.ceil(base / LIMIT)) + REFERENCE_REQUESTS)


async def _all(rest: Rest, path: str, symbol: str, records: Records[T]) -> Numbered[T]:
    params = {"ticker": symbol, "limit": REFERENCE_LIMIT}
    raw = [record async for answer in rest.pages(path, params) for record in answer]
    return decode(records, raw)


def _day(bar: Aggregate) -> date:
    return datetime.fromtimestamp(bar.t / 1000, UTC).date()


def _rows(symbol: str, frame: LoadTimeframe, answer: Numbered[Aggregate]) -> Rows:
    # Massive's weeks begin on Sunday, ours on the next Monday.
    later = DAY_MS if frame.name == "weekly" else 0
    bars = answer.records
    columns = ([repr(getattr(bar, name)) for bar in bars] for name in "ohlcv")
    return Rows(answer.numbers, [symbol] * len(bars), [str(bar.t + later) for bar in bars], *columns)


def _symbol_details(symbol: str, record: TickerRecord) -> SymbolDetails:
    return SymbolDetails(
        symbol=symbol,
        name=_clean(record.name),
        exchange=_clean(record.primary_exchange),
        market=_clean(record.market),
        locale=_clean(record.locale),
        currency=_clean(record.currency_name),
        kind=_clean(record.type),
        active=record.active,
        cik=_clean(record.cik),
        list_date=record.list_date,
    )


def _split(symbol: str, record: SplitAnswer) -> SplitRecord:
    return SplitRecord(symbol, record.execution_date, Decimal(str(record.split_to)) / Decimal(str(record.split_from)))


def _dividend(symbol: str, record: DividendAnswer) -> DividendRecord:
    amount = Decimal(str(record.cash_amount))
    return DividendRecord(
        symbol, record.ex_dividend_date, record.dividend_type, amount, _clean(record.currency), record.pay_date
    )


def _bar_flaw(bar: Aggregate) -> str:
    return "" if EARLIEST_MS <= bar.t <= LATEST_MS else f"t: {bar.t} is no time that exists"


def _split_flaw(record: SplitAnswer) -> str:
    if not (_positive(record.split_from) and 1e-6 < record.split_to / record.split_from < 1e6):
        return f"{record.split_from:g} to {record.split_to:g} is no ratio"
    return ""


def _dividend_flaw(record: DividendAnswer) -> str:
    return "" if _positive(record.cash_amount) else f"cash_amount: {record.cash_amount:g} is no amount"


BARS = records("bar", Aggregate, _bar_flaw)
TICKERS = records("ticker", TickerRecord)
SPLITS = records("split", SplitAnswer, _split_flaw)
DIVIDENDS = records("dividend", DividendAnswer, _dividend_flaw)


def _positive(number: float) -> bool:
    return math.isfinite(number) and 0 < number < 1e9


def _clean(text: str | None) -> str | None:
    """Drops unprintable characters, such as NUL, which PostgreSQL rejects."""
    return "".join(letter for letter in text if letter.isprintable()) if text else None
