"""Reads patterns that still hold, and the mark up to which expired patterns were published."""

from collections.abc import Collection
from datetime import UTC, datetime

from asyncpg import Connection

from app.engine.analysis.analyse import SOURCE, identity
from app.engine.storage.patterns import TIERS
from app.wire.events.event import PatternDetected

COLUMNS = {"name", "at"}
TABLE = "engine_marks"


async def put_mark(connection: Connection, name: str, at: float) -> None:
    """`at`: market time, which goes back where a replay starts again."""
    await connection.execute(
        "insert into engine_marks (name, at) values ($1, $2) on conflict (name) do update set at = excluded.at",
        name,
        datetime.fromtimestamp(at, UTC),
    )


async def mark(connection: Connection, name: str) -> float | None:
    epoch = await connection.fetchval("select extract(epoch from at)::float8 from engine_marks where name = $1", name)
    return None if epoch is None else float(epoch)


async def holding(connection: Connection, after: float, limit: int, tables: Collection[str]) -> list[PatternDetected]:
    """Patterns that expire after that time; the first `limit` of each tier."""
    patterns = []
    for tier, words in TIERS.items():
        table, expires = f"{words['tier']}_patterns", words["expires"]
        if table not in tables:
            continue
        rows = await connection.fetch(
            f"""
            select symbol::text, pattern_type::text, timeframe::text, confidence::float8,
                   extract(epoch from detection_timestamp)::float8 as at,
                   extract(epoch from {expires})::float8 as until,
                   coalesce(pattern_data ->> 'direction', 'neutral') as direction,
                   nullif(pattern_data ->> 'flow_id', '') as flow_id
              from {table}
             where {expires} > $1 and isfinite({expires}) and isfinite(detection_timestamp) and confidence is not null
             order by {expires}
             limit $2
            """,  # noqa: S608 - our own names
            datetime.fromtimestamp(after, UTC),
            limit,
        )
        patterns += [
            PatternDetected(
                at=row["at"],
                source=SOURCE,
                symbol=row["symbol"],
                pattern=row["pattern_type"],
                timeframe=row["timeframe"],
                confidence=row["confidence"],
                direction=row["direction"] if row["direction"] in ("bullish", "bearish") else "neutral",
                tier=tier,
                flow_id=row["flow_id"] or identity(row["symbol"], row["pattern_type"], row["timeframe"], row["at"]),
                expires_at=row["until"],
            )
            for row in rows
        ]
    return patterns
