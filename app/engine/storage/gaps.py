"""Writes gaps of the feed."""

from collections.abc import Iterable
from datetime import UTC, datetime

from asyncpg import Connection

from app.engine.bars.gaps import FeedGap

COLUMNS = {"began", "ended", "reason", "symbols"}


async def put(connection: Connection, gaps: Iterable[FeedGap]) -> None:
    await connection.executemany(
        """
        insert into feed_gaps (reason, began, ended, symbols) values ($1, $2, $3, $4)
        on conflict (reason, began) do update set ended = excluded.ended, symbols = excluded.symbols
        """,
        [(gap.reason, _moment(gap.began), _moment(gap.ended), gap.symbols) for gap in gaps],
    )


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
