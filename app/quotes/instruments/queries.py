"""What the market database says of instruments."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from asyncpg import Connection, Record

from app.db.market import MarketShape
from app.quotes.queries import LONGEST_NAME
from app.wire.codec.text import clean


class InstrumentFacts(NamedTuple):
    """`cap`: market capitalisation in the instrument's currency. Texts are empty where nothing is stored."""

    type: str = ""
    sector: str = ""
    industry: str = ""
    active: bool = True
    listed_on: date | None = None
    cap: float | None = None


async def facts(connection: Connection, shape: MarketShape, symbols: Sequence[str]) -> dict[str, InstrumentFacts]:
    """By symbol, of those that are stored."""
    if shape.instruments is None:
        return {}
    rows = await connection.fetch(
        f"select symbol, type, sector, industry, active, listed, cap from {shape.instruments} as instruments"  # noqa: S608
        " where symbol = any($1::text[])",
        symbols,
    )
    return {row["symbol"]: _facts(row) for row in rows}


def _facts(row: Record) -> InstrumentFacts:
    """Texts are cleaned of control and direction characters."""
    kind, sector, industry = (clean(row[name] or "", LONGEST_NAME) for name in ("type", "sector", "industry"))
    return InstrumentFacts(kind, sector, industry, row["active"], row["listed"], row["cap"])
