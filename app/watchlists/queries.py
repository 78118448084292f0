"""Watchlists in our own schema: lists, sections and entries."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from asyncpg import Connection, Record

from app.watchlists.watchlist import ListEntry, ListSection, Summary, Watchlist

_SUMMARY = """
list.id, list.name, list.slug, list.on_desk, list.version, list.updated_at,
(select count(*) from app.watchlist_entries as entry where entry.watchlist_id = list.id) as size
"""


class RankedEntry(NamedTuple):
    """As it is stored."""

    entry: ListEntry
    rank: float


async def summaries(connection: "Connection[Record]", user_id: UUID) -> list[Summary]:
    """In the order of their owner."""
    rows = await connection.fetch(
        f"select {_SUMMARY} from app.watchlists as list where user_id = $1 order by position, name",  # noqa: S608
        user_id,
    )
    return [Summary(*row) for row in rows]


async def summary(connection: "Connection[Record]", user_id: UUID, slug: str) -> Summary | None:
    """None also for a list of somebody else."""
    row = await connection.fetchrow(
        f"select {_SUMMARY} from app.watchlists as list where user_id = $1 and slug = $2",  # noqa: S608
        user_id,
        slug,
    )
    return Summary(*row) if row else None


async def holding(connection: "Connection[Record]", user_id: UUID, symbol: str) -> list[Summary]:
    """A person's lists that have the symbol on them, in the order of their owner."""
    rows = await connection.fetch(
        f"select {_SUMMARY} from app.watchlists as list"  # noqa: S608
        " where user_id = $1 and exists (select from app.watchlist_entries as entry"
        " where entry.watchlist_id = list.id and entry.symbol = $2) order by position, name",
        user_id,
        symbol,
    )
    return [Summary(*row) for row in rows]


async def find(connection: "Connection[Record]", user_id: UUID, slug: str) -> Watchlist | None:
    """None also for a list of somebody else."""
    found_summary = await summary(connection, user_id, slug)
    return await whole(connection, found_summary) if found_summary else None


async def by_id(connection: "Connection[Record]", watchlist_id: UUID) -> Watchlist | None:
    """Whoever owns it: for those who have a token that names it."""
    row = await connection.fetchrow(
        f"select {_SUMMARY} from app.watchlists as list where id = $1",  # noqa: S608
        watchlist_id,
    )
    return await whole(connection, Summary(*row)) if row else None


async def desk_list(connection: "Connection[Record]", user_id: UUID) -> Watchlist | None:
    """The list that a person chose for the desk."""
    row = await connection.fetchrow(
        f"select {_SUMMARY} from app.watchlists as list where user_id = $1 and on_desk",  # noqa: S608
        user_id,
    )
    return await whole(connection, Summary(*row)) if row else None


async def whole(connection: "Connection[Record]", list_summary: Summary) -> Watchlist:
    found_sections = await sections(connection, list_summary.id)
    entries = [ranked.entry for ranked in await ranked_entries(connection, list_summary.id)]
    return Watchlist(list_summary._replace(size=len(entries)), tuple(found_sections), tuple(entries))


async def lock(connection: "Connection[Record]", user_id: UUID, slug: str) -> Summary | None:
    """The list, which no other transaction changes until this one ends; None also for a list of somebody else."""
    locked = await connection.fetchval(
        "select id from app.watchlists where user_id = $1 and slug = $2 for update", user_id, slug
    )
    # A statement of its own: the one that waited for the lock does not see what was committed meanwhile.
    return await summary(connection, user_id, slug) if locked else None


async def insert_list(
    connection: "Connection[Record]", user_id: UUID, name: str, key: str, slug: str, watchlist_id: UUID | None = None
) -> UUID:
    """Behind the others, without a section. Returns the id, which is new unless one is given."""
    inserted: UUID = await connection.fetchval(
        "insert into app.watchlists (id, user_id, name, name_key, slug, position)"
        " values (coalesce($5, gen_random_uuid()), $1, $2, $3, $4,"
        " (select coalesce(max(position), 0) + 1 from app.watchlists where user_id = $1)) returning id",
        user_id,
        name,
        key,
        slug,
        watchlist_id,
    )
    return inserted


async def names(connection: "Connection[Record]", user_id: UUID) -> dict[str, str]:
    """Slug to the key of the name."""
    rows = await connection.fetch("select slug, name_key from app.watchlists where user_id = $1", user_id)
    return {row["slug"]: row["name_key"] for row in rows}


async def increment_version(connection: "Connection[Record]", watchlist_id: UUID) -> int:
    """Returns the new version."""
    version: int = await connection.fetchval(
        "update app.watchlists set version = version + 1, updated_at = now() where id = $1 returning version",
        watchlist_id,
    )
    return version


async def set_version(connection: "Connection[Record]", watchlist_id: UUID, version: int) -> None:
    await connection.execute("update app.watchlists set version = $2 where id = $1", watchlist_id, version)


async def set_name(connection: "Connection[Record]", watchlist_id: UUID, name: str, key: str) -> None:
    await connection.execute(
        "update app.watchlists set name = $2, name_key = $3 where id = $1", watchlist_id, name, key
    )


async def set_order(connection: "Connection[Record]", user_id: UUID, slugs: Sequence[str]) -> None:
    await connection.execute(
        "update app.watchlists as list set position = place.number"
        " from unnest($2::text[]) with ordinality as place (slug, number)"
        " where list.user_id = $1 and list.slug = place.slug",
        user_id,
        slugs,
    )


async def set_desk_list(connection: "Connection[Record]", user_id: UUID, watchlist_id: UUID | None) -> None:
    """None: the desk shows none of them."""
    await connection.execute("update app.watchlists set on_desk = false where user_id = $1 and on_desk", user_id)
    await connection.execute(
        "update app.watchlists set on_desk = true where user_id = $1 and id = $2", user_id, watchlist_id
    )


async def delete_list(connection: "Connection[Record]", watchlist_id: UUID) -> None:
    await connection.execute("delete from app.watchlists where id = $1", watchlist_id)


async def sections(connection: "Connection[Record]", watchlist_id: UUID) -> list[ListSection]:
    rows = await connection.fetch(
        "select id, name from app.watchlist_sections where watchlist_id = $1 order by position, id", watchlist_id
    )
    return [ListSection(*row) for row in rows]


async def insert_section(
    connection: "Connection[Record]", watchlist_id: UUID, name: str, section_id: UUID | None = None
) -> UUID:
    """Behind the others. Returns the id, which is new unless one is given."""
    inserted: UUID = await connection.fetchval(
        "insert into app.watchlist_sections (id, watchlist_id, name, position)"
        " values (coalesce($3, gen_random_uuid()), $1, $2,"
        " (select coalesce(max(position), 0) + 1 from app.watchlist_sections where watchlist_id = $1)) returning id",
        watchlist_id,
        name,
        section_id,
    )
    return inserted


async def set_section_name(connection: "Connection[Record]", section_id: UUID, name: str) -> None:
    await connection.execute("update app.watchlist_sections set name = $2 where id = $1", section_id, name)


async def set_section_order(connection: "Connection[Record]", section_ids: Sequence[UUID]) -> None:
    await connection.execute(
        "update app.watchlist_sections as section set position = place.number"
        " from unnest($1::uuid[]) with ordinality as place (id, number) where section.id = place.id",
        section_ids,
    )


async def delete_section(connection: "Connection[Record]", section_id: UUID) -> None:
    await connection.execute("delete from app.watchlist_sections where id = $1", section_id)


async def ranked_entries(connection: "Connection[Record]", watchlist_id: UUID) -> list[RankedEntry]:
    """By section, then by place."""
    rows = await connection.fetch(
        "select entry.symbol, entry.section_id, entry.note, entry.added_at, entry.price_added, entry.rank"
        " from app.watchlist_entries as entry join app.watchlist_sections as section on section.id = entry.section_id"
        " where entry.watchlist_id = $1 order by section.position, section.id, entry.rank, entry.symbol",
        watchlist_id,
    )
    return [RankedEntry(ListEntry(*row[:5]), row["rank"]) for row in rows]


async def insert_entries(connection: "Connection[Record]", watchlist_id: UUID, entries: Iterable[RankedEntry]) -> None:
    await connection.executemany(
        "insert into app.watchlist_entries (watchlist_id, symbol, section_id, note, added_at, price_added, rank)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        [(watchlist_id, *ranked.entry, ranked.rank) for ranked in entries],
    )


async def place_entries(
    connection: "Connection[Record]", watchlist_id: UUID, ranks: Iterable[tuple[str, UUID, float]]
) -> None:
    """Of each symbol its section and its rank."""
    await connection.executemany(
        "update app.watchlist_entries set section_id = $3, rank = $4 where watchlist_id = $1 and symbol = $2",
        [(watchlist_id, *each) for each in ranks],
    )


async def set_notes(connection: "Connection[Record]", watchlist_id: UUID, notes: Iterable[tuple[str, str]]) -> None:
    """Of each symbol its note."""
    await connection.executemany(
        "update app.watchlist_entries set note = $3 where watchlist_id = $1 and symbol = $2",
        [(watchlist_id, *each) for each in notes],
    )


async def delete_entries(connection: "Connection[Record]", watchlist_id: UUID, symbols: Sequence[str]) -> None:
    await connection.execute(
        "delete from app.watchlist_entries where watchlist_id = $1 and symbol = any($2::text[])", watchlist_id, symbols
    )
