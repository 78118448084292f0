"""Changes of a list's sections: create, rename, delete.

Every function needs a transaction that its caller begins, and raises a Refusal, after which that must be rolled back.
"""

from collections.abc import Iterable
from uuid import UUID

from app.db.connection import DatabaseConnection
from app.owned import names
from app.owned.refusals import LimitReached, StaleChange
from app.watchlists import queries, ranks
from app.watchlists.changes import lists
from app.watchlists.watchlist import MAX_SECTIONS, ListSection, NoSuchSection, SectionTaken

FULL = f"A list has at most {MAX_SECTIONS} sections."


async def create(connection: DatabaseConnection, user_id: UUID, slug: str, text: str) -> UUID:
    """Behind the others. Raises InvalidText, SectionTaken or LimitReached."""
    name = names.checked_name(text)
    summary = await lists.lock(connection, user_id, slug)
    sections = await queries.sections(connection, summary.id)
    _refuse_double(sections, name)
    if len(sections) >= MAX_SECTIONS:
        raise LimitReached(FULL)
    section_id = await queries.insert_section(connection, summary.id, name)
    await queries.increment_version(connection, summary.id)
    return section_id


async def rename(
    connection: DatabaseConnection,
    user_id: UUID,
    slug: str,
    section_id: UUID,
    text: str,
    before: str | None = None,
) -> int:
    """`before`: the name that the form began with; None replaces any. Returns the new version.

    Raises InvalidText, SectionTaken, NoSuchSection, or StaleChange if the name was changed to another one meanwhile.
    """
    name = names.checked_name(text)
    summary = await lists.lock(connection, user_id, slug)
    sections = await queries.sections(connection, summary.id)
    section = _section(sections, section_id)
    if before is not None and section.name not in (before, name):
        raise StaleChange({"name": section.name}, summary.version)
    _refuse_double([each for each in sections if each.id != section_id], name)
    await queries.set_section_name(connection, section_id, name)
    return await queries.increment_version(connection, summary.id)


async def delete(connection: DatabaseConnection, user_id: UUID, slug: str, section_id: UUID) -> int:
    """Its entries go behind those of the first other section. Returns the new version.

    Raises NoSuchSection, or LimitReached for the only section.
    """
    summary = await lists.lock(connection, user_id, slug)
    sections = await queries.sections(connection, summary.id)
    _section(sections, section_id)
    heir = next((section.id for section in sections if section.id != section_id), None)
    if heir is None:
        raise LimitReached("A list has at least one section.")
    rows = await queries.ranked_entries(connection, summary.id)
    last = max((ranked.rank for ranked in rows if ranked.entry.section_id == heir), default=0.0)
    symbols = [ranked.entry.symbol for ranked in rows if ranked.entry.section_id == section_id]
    placed = [(symbol, heir, last + ranks.STEP * number) for number, symbol in enumerate(symbols, 1)]
    await queries.place_entries(connection, summary.id, placed)
    await queries.delete_section(connection, section_id)
    return await queries.increment_version(connection, summary.id)


async def section_ids(
    connection: DatabaseConnection, watchlist_id: UUID, section_names: Iterable[str]
) -> dict[str, UUID]:
    """Key of each name to its section, created where there is none; the empty name is the first section.

    Needs the list's lock. Raises LimitReached.
    """
    sections = await queries.sections(connection, watchlist_id)
    ids = {names.name_key(section.name): section.id for section in reversed(sections)}
    ids[""] = sections[0].id
    for name in section_names:
        if names.name_key(name) not in ids:
            if len({*ids.values()}) >= MAX_SECTIONS:
                raise LimitReached(FULL)
            ids[names.name_key(name)] = await queries.insert_section(connection, watchlist_id, name)
    return ids


def _section(sections: Iterable[ListSection], section_id: UUID) -> ListSection:
    section = next((each for each in sections if each.id == section_id), None)
    if section is None:
        raise NoSuchSection
    return section


def _refuse_double(sections: Iterable[ListSection], name: str) -> None:
    if names.name_key(name) in {names.name_key(each.name) for each in sections}:
        raise SectionTaken(name)
