"""Answers a rule from `latest` rows."""

from collections.abc import Sequence
from typing import NamedTuple

from asyncpg import Connection, Record

from app.db import analysis_tables
from app.db.market import MarketShape
from app.finance import periods
from app.rules.scan_tables import ScanTables
from app.rules.sql import ScanQuery, statement
from app.wire.codec.text import clean

SECONDS = 2.0
"""That a scan may take."""
LONGEST_NAME = 200
"""Characters that are shown."""
TEXTS = ("name", "exchange", "type", "sector", "industry")
FACTS = TEXTS[1:]


class ScanRow(NamedTuple):
    """`at`: the end of the symbol's newest bar, UTC epoch seconds. `values`: of the query's columns. `split_1`: shares
    held now for one held at the bar before."""

    symbol: str
    name: str
    exchange: str
    type: str
    sector: str
    industry: str
    active: bool
    at: float
    cap: float | None
    split_1: float
    values: tuple[float | str | None, ...]


class ScanPage(NamedTuple):
    """`scanned`: symbols in scope that have a row. `left`: how many of them are left after each condition of the rule,
    in order."""

    rows: Sequence[ScanRow]
    scanned: int
    left: Sequence[int]

    @property
    def total(self) -> int:
        """Symbols for which the rule holds, on all pages."""
        return self.left[-1] if self.left else self.scanned


async def scan(connection: Connection, tables: ScanTables, query: ScanQuery, seconds: float = SECONDS) -> ScanPage:
    """Raises Inexpressible, and TimeoutError after that many seconds."""
    text, values = statement(query, tables)
    # The driver ends it, so that no transaction is needed: three round trips less.
    rows = await connection.fetch(text, *values, timeout=seconds)
    scanned, *left = rows[0]["counts"]
    return ScanPage([_row(row, len(query.columns)) for row in rows if row["symbol"] is not None], scanned, left)


async def words(connection: Connection, shape: MarketShape) -> dict[str, list[str]]:
    """By the field of a rule: sectors, industries, exchanges and types of the symbols, and universes in each spelling
    that a rule may use."""
    facts = {field: await _distinct(connection, shape.instruments, field) for field in FACTS}
    return {**facts, "universe": await _universes(connection, shape.universes)}


async def _distinct(connection: Connection, instruments: str | None, field: str) -> list[str]:
    if instruments is None:
        return []
    rows = await connection.fetch(
        f"select distinct {field} as word from {instruments} as facts where {field} <> '' order by 1"  # noqa: S608
    )
    return [clean(row["word"], LONGEST_NAME) for row in rows]


async def _universes(connection: Connection, universes: str | None) -> list[str]:
    if universes is None:
        return []
    rows = await connection.fetch(f"select distinct name, key from {universes} as listed order by 1, 2")  # noqa: S608
    spellings = ((row["key"], f"{row['name']}:{row['key']}", f"{row['name']}_{row['key']}") for row in rows)
    return list(dict.fromkeys(clean(word, LONGEST_NAME) for three in spellings for word in three))


def scan_tables(shape: MarketShape) -> ScanTables | None:
    """None without `latest` rows."""
    if shape.latest is None:
        return None
    return ScanTables(
        shape.latest,
        shape.instruments,
        shape.universes,
        shape.patterns,
        analysis_tables.CONFIDENCE,
        analysis_tables.DIRECTION,
        {timeframe: shape.bars(timeframe) for timeframe in periods.TIMEFRAMES},
        shape.splits,
    )


def _row(row: Record, columns: int) -> ScanRow:
    name, exchange, kind, sector, industry = (clean(row[name] or "", LONGEST_NAME) for name in TEXTS)
    values = tuple(row[f"v{place}"] for place in range(columns))
    at = row["at"].timestamp()
    return ScanRow(
        row["symbol"], name, exchange, kind, sector, industry, row["active"], at, row["cap"], row["split_1"], values
    )
