"""What Massive tells: bars, names, splits and dividends, as rows that can be checked and stored."""

import math
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from msgspec import Struct

from app.engine.loads.frames import Frame
from app.engine.loads.queries import Dividend, Named, Split
from app.engine.loads.rest import Refused, Rest
from app.engine.loads.rows import Rows

LIMIT = 50_000
"""Bars of the smallest kind that one answer sums up, at most."""
REFERENCE_LIMIT = "1000"
TRADED_MINUTES = 960
"""Of a day, with what is traded before and after the session."""
REFERENCE_REQUESTS = 3
DAY_MS = 86_400_000


class Aggregate(Struct):
    t: int
    """Start of the span, in milliseconds: a day's is midnight in New York, the same day in UTC."""
    o: float
    h: float
    l: float  # noqa: E741 - the provider's word
    c: float
    v: float = 0.0


class TickerFound(Struct):
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


class SplitFound(Struct):
    execution_date: date
    split_from: float
    split_to: float


class DividendFound(Struct):
    ex_dividend_date: date
    cash_amount: float
    currency: str | None = None
    dividend_type: str = "CD"
    pay_date: date | None = None


class Reference(NamedTuple):
    named: tuple[Named, ...]
    splits: tuple[Split, ...]
    dividends: tuple[Dividend, ...]


class Span(NamedTuple):
    """Both days included."""

    first: date
    last: date


class Batch(NamedTuple):
    rows: Rows
    reached: date
    """Of the last bar."""


async def bars(rest: Rest, symbol: str, frame: Frame, span: Span) -> AsyncIterator[Batch]:
    """In order of time, as they were traded."""
    path = f"/v2/aggs/ticker/{quote(symbol, safe='')}/range/1/{frame.span}/{span.first}/{span.last}"
    told = {"adjusted": "false", "sort": "asc", "limit": str(LIMIT)}
    async for found in rest.pages(path, told, list[Aggregate]):
        if found:
            yield Batch(_rows(symbol, frame, found), _day(found[-1]))


async def reference(rest: Rest, symbol: str) -> Reference:
    known = await rest.one(f"/v3/reference/tickers/{quote(symbol, safe='')}", TickerFound)
    asked = {"ticker": symbol, "limit": REFERENCE_LIMIT}
    splits = [
        Split(symbol, found.execution_date, Decimal(str(found.split_to)) / Decimal(str(found.split_from)))
        async for page in rest.pages("/v3/reference/splits", asked, list[SplitFound])
        for found in page
        if _positive(found.split_from) and 1e-6 < found.split_to / found.split_from < 1e6
    ]
    dividends = [
        Dividend(symbol, found.ex_dividend_date, found.dividend_type, Decimal(str(found.cash_amount)), *_paid(found))
        async for page in rest.pages("/v3/reference/dividends", asked, list[DividendFound])
        for found in page
        if _positive(found.cash_amount)
    ]
    return Reference((_named(symbol, known),) if known else (), tuple(splits), tuple(dividends))


def requests(symbols: int, frame: Frame, span: Span) -> int:
    """How many it will take at most: a week has five days on which anybody trades, holidays aside."""
    days = max(0, (span.last - span.first).days + 1) * 5 / 7
    # Minutes are what the provider counts also when it sums them up to hours.
    base = days if frame.dated else days * TRADED_MINUTES
    return symbols * (max(1, math.ceil(base / LIMIT)) + REFERENCE_REQUESTS)


def _day(bar: Aggregate) -> date:
    try:
        return datetime.fromtimestamp(bar.t / 1000, UTC).date()
    except (ValueError, OverflowError, OSError):
        raise Refused("the provider tells of a bar at a time that does not exist") from None


def _rows(symbol: str, frame: Frame, found: Sequence[Aggregate]) -> Rows:
    # Its weeks begin on Sunday, ours on the Monday after.
    later = DAY_MS if frame.name == "weekly" else 0
    columns = ([repr(getattr(bar, name)) for bar in found] for name in "ohlcv")
    return Rows(range(1, len(found) + 1), [symbol] * len(found), [str(bar.t + later) for bar in found], *columns)


def _named(symbol: str, found: TickerFound) -> Named:
    return Named(
        symbol=symbol,
        name=_clean(found.name),
        exchange=_clean(found.primary_exchange),
        market=_clean(found.market),
        locale=_clean(found.locale),
        currency=_clean(found.currency_name),
        kind=_clean(found.type),
        active=found.active,
        cik=_clean(found.cik),
        list_date=found.list_date,
    )


def _paid(found: DividendFound) -> tuple[Any, Any]:
    return _clean(found.currency), found.pay_date


def _positive(number: float) -> bool:
    return math.isfinite(number) and 0 < number < 1e9


def _clean(text: str | None) -> str | None:
    """No column takes a NUL."""
    return "".join(letter for letter in text if letter.isprintable()) if text else None
