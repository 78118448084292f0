"""Universes in cache_entries, and the history of their members."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

import msgspec
from asyncpg import Connection

from app.engine.universes import values
from app.engine.universes.universe import KINDS, Universe
from app.wire.codec.text import clean

ENVIRONMENT = "DEFAULT"
LONGEST_NAME = 200
"""Characters that are shown."""


PUT_MEMBERS = (
    # A symbol that joined and left on one day was no member at its end.
    "delete from universe_members where universe = $1 and since >= $2 and symbol <> all($3::text[])",
    "update universe_members set until = $2 where universe = $1 and until is null and symbol <> all($3::text[])",
    "update universe_members set until = null where universe = $1 and until >= $2 and symbol = any($3::text[])",
    """
    insert into universe_members (universe, symbol, since)
    select $1::text, symbol, $2::date from unnest($3::text[]) as listed (symbol)
     where not exists (select from universe_members as kept
                        where kept.universe = $1::text and kept.symbol = listed.symbol and kept.until is null)
    on conflict (universe, symbol, since) do update set until = null
    """,
)
"""Of the universe $1, whose members are $3 from the day $2 on."""


class Membership(NamedTuple):
    """`until`: the first day on which it was no longer a member."""

    universe: str
    symbol: str
    since: date
    until: date | None


async def all_of(connection: Connection) -> list[Universe]:
    """Empty without the table; entries without members are left out."""
    if not await connection.fetchval("select to_regclass('cache_entries') is not null"):
        return []
    rows = await connection.fetch(
        "select type::text, name::text, key::text, value::text from cache_entries where type = any($1::text[])"
        " order by type, name, key",
        KINDS,
    )
    universes = [Universe(row[0], _name(row[1]), _name(row[2]), values.members(_decode_json(row[3]))) for row in rows]
    return [each for each in universes if each.members]


async def put(connection: Connection, universe: Universe, day: date) -> None:
    """Replaces the universe of that name, and records who joined or left on that day. Within a transaction."""
    value = msgspec.json.encode(values.entry_value(universe.kind, universe.members)).decode()
    await connection.execute(
        """
        insert into cache_entries (type, name, key, value, environment, universe_category, last_universe_update)
        values ($1, $2, $3, $4::text::jsonb, $5, $2, now() at time zone 'UTC')
        on conflict (type, name, key, environment) do update
           set value = excluded.value, updated_at = now() at time zone 'UTC',
               last_universe_update = excluded.last_universe_update
        """,
        universe.kind,
        universe.name,
        universe.key,
        value,
        ENVIRONMENT,
    )
    if await connection.fetchval("select to_regclass('universe_members') is not null"):
        # Recorded changes stay.
        newest = await connection.fetchval(
            "select max(greatest(since, until)) from universe_members where universe = $1", universe.title
        )
        for statement in PUT_MEMBERS:
            await connection.execute(statement, universe.title, max(day, newest or day), universe.members)


async def history(connection: Connection, title: str) -> list[Membership]:
    rows = await connection.fetch(
        "select universe, symbol, since, until from universe_members where universe = $1 order by since, symbol", title
    )
    return [Membership(**row) for row in rows]


async def members_on(connection: Connection, title: str, day: date) -> list[str]:
    rows = await connection.fetch(
        "select symbol from universe_members where universe = $1 and since <= $2 and (until is null or until > $2)"
        " order by symbol",
        title,
        day,
    )
    return [row["symbol"] for row in rows]


async def names(connection: Connection, symbols: Collection[str]) -> dict[str, str]:
    """Names by symbol, where known."""
    rows = await connection.fetch(
        "select symbol, name from symbols where symbol = any($1::text[]) and name is not null", symbols
    )
    return {row["symbol"]: _name(row["name"]) for row in rows}


def _name(text: str | None) -> str:
    return clean(text or "", LONGEST_NAME)


def _decode_json(text: str | None) -> object:
    try:
        return msgspec.json.decode(text or "null")
    except msgspec.DecodeError:
        return None
