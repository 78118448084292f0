"""What a market database knows of its symbols beside bars, and their detections, for rules that are evaluated in
memory."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from asyncpg import Connection

from app.db import analysis_tables
from app.db.market import MarketShape
from app.finance.detections import DetectedPattern

# Only names of MarketShape enter SQL.
# ruff: noqa: S608

WORDS = ("exchange", "type", "sector", "industry")
MOST_SYMBOLS = 100_000
MOST_MEMBERS = 1_000_000
MOST_DETECTIONS = 10_000
"""The newest of each table."""


class SymbolFacts(NamedTuple):
    words: Mapping[str, Mapping[str, Collection[str]]] = {}
    """By word field and symbol: the spellings of its universes are NAME:KEY, NAME_KEY and KEY."""
    caps: Mapping[str, float] = {}
    inactive: frozenset[str] = frozenset()


NO_FACTS = SymbolFacts()


async def facts(connection: Connection, shape: MarketShape) -> SymbolFacts:
    words: dict[str, dict[str, set[str]]] = {field: {} for field in (*WORDS, "universe")}
    rows = []
    if shape.instruments:
        rows = await connection.fetch(
            f"select symbol, active, cap, {', '.join(WORDS)} from {shape.instruments} as facts limit {MOST_SYMBOLS}"
        )
    for field in WORDS:
        words[field] = {row["symbol"]: {row[field]} for row in rows if row[field]}
    if shape.universes:
        listed = f"select name, key, symbol from {shape.universes} as listed where symbol is not null"
        for name, key, symbol in await connection.fetch(f"{listed} limit {MOST_MEMBERS}"):
            words["universe"].setdefault(symbol, set()).update((f"{name}:{key}", f"{name}_{key}", key))
    caps = {row["symbol"]: row["cap"] for row in rows if row["cap"] is not None}
    return SymbolFacts(words, caps, frozenset(row["symbol"] for row in rows if not row["active"]))


async def detections(connection: Connection, shape: MarketShape, until: float) -> list[DetectedPattern]:
    """The newest ones of each table up to that market time."""
    newest_of_all = []
    for table in shape.patterns:
        newest = analysis_tables.first_of_all((table,), ("detected_at <= $1",), "detected_at desc", "$2")
        rows = await connection.fetch(
            f"select symbol, pattern, timeframe, extract(epoch from detected_at)::float8, confidence, direction"
            f" from {newest} as newest where confidence is not null",
            datetime.fromtimestamp(until, UTC),
            MOST_DETECTIONS,
        )
        newest_of_all += [DetectedPattern(*row) for row in rows]
    return newest_of_all
