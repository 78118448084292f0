"""Replaces the whole arrangement of a list: its sections, entries and notes.

Needs a transaction that its caller begins, and raises a Refusal, after which that must be rolled back.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from app.db.connection import DatabaseConnection
from app.owned import names
from app.owned.refusals import InvalidText, LimitReached
from app.watchlists import queries, ranks
from app.watchlists.changes import lists
from app.watchlists.queries import RankedEntry
from app.watchlists.undo.payloads import RemovedEntries, StoredEntry
from app.watchlists.watchlist import MAX_ENTRIES, ListEntry, NewEntry, SectionTaken, Summary


class ArrangedSection(NamedTuple):
    """`name`: empty for no more than the first section. Of entries that are on the list, the place and note count."""

    name: str
    entries: Sequence[NewEntry]


async def replace(
    connection: DatabaseConnection, user_id: UUID, slug: str, arrangement: Sequence[ArrangedSection]
) -> tuple[int, UUID | None]:
    """Returns the new version and the id by which removed entries can be put back; None if none was removed.

    Sections keep their identity by name, entries by symbol. Raises InvalidText, SectionTaken or LimitReached.
    """
    check(arrangement)
    summary = await lists.lock(connection, user_id, slug)
    before = {each.entry.symbol: each for each in await queries.ranked_entries(connection, summary.id)}
    ids = await _insert_missing(connection, summary.id, arrangement)
    ranked = [each for section in arrangement for each in _ranked(section, ids[names.name_key(section.name)], before)]
    present = [each for each in ranked if each.entry.symbol in before]
    await queries.place_entries(
        connection, summary.id, [(each.entry.symbol, each.entry.section_id, each.rank) for each in present]
    )
    await queries.set_notes(connection, summary.id, [(each.entry.symbol, each.entry.note) for each in present])
    await queries.insert_entries(connection, summary.id, [each for each in ranked if each.entry.symbol not in before])
    symbols = {each.entry.symbol for each in ranked}
    missing = [each for each in before.values() if each.entry.symbol not in symbols]
    undo_id = await _remove(connection, user_id, summary, missing)
    for section in await queries.sections(connection, summary.id):
        if section.id not in ids.values():
            await queries.delete_section(connection, section.id)
    await queries.set_section_order(connection, [*ids.values()])
    return await queries.increment_version(connection, summary.id), undo_id


def check(arrangement: Sequence[ArrangedSection]) -> None:
    """Raises InvalidText, SectionTaken or LimitReached."""
    for number, section in enumerate(arrangement):
        if (section.name or number) and names.checked_name(section.name) != section.name:
            raise InvalidText(f"{section.name!r}: a name has no blanks around it, and one between words.")
    if double := _double(names.name_key(section.name) for section in arrangement):
        raise SectionTaken(double)
    symbols = [entry.symbol for section in arrangement for entry in section.entries]
    if double := _double(symbols):
        raise InvalidText(f"{double} stands twice among the entries.")
    if len(symbols) > MAX_ENTRIES:
        raise LimitReached(f"A list has at most {MAX_ENTRIES} entries; these are {len(symbols)}.")


def _double(texts: Iterable[str]) -> str:
    """The first that comes twice, or ""."""
    earlier = set[str]()
    for text in texts:
        if text in earlier:
            return text
        earlier.add(text)
    return ""


async def _insert_missing(
    connection: DatabaseConnection, watchlist_id: UUID, arrangement: Iterable[ArrangedSection]
) -> dict[str, UUID]:
    """Key of each section's name to its id, in the new order."""
    before = {names.name_key(each.name): each for each in await queries.sections(connection, watchlist_id)}
    ids = {}
    for section in arrangement:
        key = names.name_key(section.name)
        if key not in before:
            ids[key] = await queries.insert_section(connection, watchlist_id, section.name)
            continue
        ids[key] = before[key].id
        if before[key].name != section.name:
            await queries.set_section_name(connection, before[key].id, section.name)
    return ids


def _ranked(section: ArrangedSection, section_id: UUID, before: Mapping[str, RankedEntry]) -> Iterable[RankedEntry]:
    for number, new in enumerate(section.entries, 1):
        old = before.get(new.symbol)
        added_at = old.entry.added_at if old else new.added_at or datetime.now(UTC)
        price = old.entry.price_added if old else new.price
        yield RankedEntry(ListEntry(new.symbol, section_id, new.note, added_at, price), ranks.STEP * number)


async def _remove(
    connection: DatabaseConnection, user_id: UUID, summary: Summary, missing: Sequence[RankedEntry]
) -> UUID | None:
    if not missing:
        return None
    await queries.delete_entries(connection, summary.id, [each.entry.symbol for each in missing])
    payload = RemovedEntries(summary.id, [StoredEntry.of(each) for each in missing])
    return await lists.store_undo(connection, user_id, payload)
