"""Charts that links show (app.shared_charts), one for each link."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Connection, Record

from app.owned.shares import queries as shares
from app.owned.shares.queries import ShareKind

MOST_LINKS = 50
"""Of one person that are neither revoked nor expired."""


class ChartAddress(NamedTuple):
    """`settings`: the query string of the chart's address, empty for the usual chart."""

    symbol: str
    settings: str


class SharedChart(NamedTuple):
    """`expires` None: when it is revoked."""

    id: UUID
    address: ChartAddress
    created: datetime
    expires: datetime | None


async def insert(
    connection: "Connection[Record]", user_id: UUID, address: ChartAddress, days: int | None
) -> str | None:
    """The token, which is not stored; None if the user has MOST_LINKS. Needs the lock of their owner."""
    if len(await of(connection, user_id)) >= MOST_LINKS:
        return None
    chart_id: UUID = await connection.fetchval(
        "insert into app.shared_charts (user_id, symbol, settings) values ($1, $2, $3) returning id", user_id, *address
    )
    return await shares.insert(connection, user_id, ShareKind.CHART, chart_id, days)


async def of(connection: "Connection[Record]", user_id: UUID) -> list[SharedChart]:
    """Those that work, newest first."""
    rows = await connection.fetch(
        """
        select share.id, chart.symbol, chart.settings, share.created_at, share.expires_at
          from app.shares as share join app.shared_charts as chart on chart.id = share.target
         where share.user_id = $1 and share.kind = $2 and not share.revoked
           and coalesce(share.expires_at > now(), true)
         order by share.created_at desc, share.id
        """,
        user_id,
        ShareKind.CHART.value,
    )
    return [SharedChart(row[0], ChartAddress(row[1], row[2]), row[3], row[4]) for row in rows]


async def revoke(connection: "Connection[Record]", user_id: UUID, share_id: UUID) -> bool:
    """Whether there was one."""
    chart_id = await connection.fetchval(
        "select target from app.shares where id = $1 and user_id = $2 and kind = $3",
        share_id,
        user_id,
        ShareKind.CHART.value,
    )
    return chart_id is not None and await shares.revoke(connection, user_id, ShareKind.CHART, chart_id, share_id)


async def by_id(connection: "Connection[Record]", chart_id: UUID) -> ChartAddress | None:
    row = await connection.fetchrow("select symbol, settings from app.shared_charts where id = $1", chart_id)
    return ChartAddress(*row) if row else None
