"""Reads and writes symbol details, splits and dividends, each with its source."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from asyncpg import Connection


class SplitRecord(NamedTuple):
    symbol: str
    ex_date: date
    ratio: Decimal
    """Shares held from that day on for one share before."""


class DividendRecord(NamedTuple):
    symbol: str
    ex_date: date
    kind: str
    amount: Decimal
    currency: str | None
    pay_date: date | None


class SymbolDetails(NamedTuple):
    """Details of a symbol from a provider."""

    symbol: str
    name: str | None
    exchange: str | None
    market: str | None
    locale: str | None
    currency: str | None
    kind: str | None
    active: bool
    cik: str | None
    list_date: date | None


class Business(NamedTuple):
    """What a company does, and how large it is."""

    symbol: str
    kind: str
    sector: str | None
    industry: str | None
    shares: int | None
    market_cap: int | None
    """USD."""


async def put_businesses(connection: Connection, businesses: Iterable[Business]) -> None:
    """Of stored symbols."""
    await connection.executemany(
        """
        update symbols
           set type = $2, sector = $3, industry = $4, weighted_shares_outstanding = $5, market_cap = $6, country = 'US'
         where symbol = $1
        """,
        list(businesses),
    )


async def put_symbol_details(connection: Connection, details: Iterable[SymbolDetails]) -> None:
    await connection.executemany(
        """
        insert into symbols (symbol, name, primary_exchange, market, locale, currency_name, type, active, cik,
                             list_date, last_updated, last_updated_utc)
        values ($1, left($2, 100), left($3, 20), left($4, 20), left($5, 10), left($6, 10), left($7, 20), $8,
                left($9, 20), $10, now() at time zone 'UTC', now())
        on conflict (symbol) do update
           set name = coalesce(excluded.name, symbols.name), active = excluded.active,
               primary_exchange = coalesce(excluded.primary_exchange, symbols.primary_exchange),
               market = coalesce(excluded.market, symbols.market), locale = coalesce(excluded.locale, symbols.locale),
               currency_name = coalesce(excluded.currency_name, symbols.currency_name),
               type = coalesce(excluded.type, symbols.type), cik = coalesce(excluded.cik, symbols.cik),
               list_date = coalesce(excluded.list_date, symbols.list_date),
               last_updated = excluded.last_updated, last_updated_utc = excluded.last_updated_utc
        """,
        list(details),
    )


async def put_splits(connection: Connection, splits: Iterable[SplitRecord], source: str) -> None:
    await connection.executemany(
        """
        insert into splits (symbol, ex_date, ratio, source) values ($1, $2, $3, $4)
        on conflict (symbol, ex_date) do update set ratio = excluded.ratio, source = excluded.source
        """,
        [(*split, source) for split in splits],
    )


async def add_splits(connection: Connection, splits: Iterable[SplitRecord], source: str) -> None:
    """Keeps splits of the same day from other sources."""
    await connection.executemany(
        "insert into splits (symbol, ex_date, ratio, source) values ($1, $2, $3, $4)"
        " on conflict (symbol, ex_date) do nothing",
        [(*split, source) for split in splits],
    )


async def put_dividends(connection: Connection, dividends: Iterable[DividendRecord], source: str) -> None:
    await connection.executemany(
        """
        insert into dividends (symbol, ex_date, kind, amount, currency, pay_date, source)
        values ($1, $2, left($3, 10), $4, left($5, 10), $6, $7)
        on conflict (symbol, ex_date, kind) do update
           set amount = excluded.amount, currency = excluded.currency, pay_date = excluded.pay_date,
               source = excluded.source
        """,
        [(*dividend, source) for dividend in dividends],
    )
