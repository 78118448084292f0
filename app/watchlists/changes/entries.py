"""Changes of a list's entries: add, remove, move, annotate.

Every function needs a transaction that its caller begins, and raises a Refusal, after which that must be rolled back.
A change of one entry needs no version: it leaves the other entries as they are, whatever became of them meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from app.db.connection import DatabaseConnection
from app.owned import names
from app.owned.refusals import LimitReached, StaleChange
from app.watchlists import queries, ranks
from app.watchlists.changes import lists
from app.watchlists.changes.sections import section_ids
from app.watchlists.names import note_text
from app.watchlists.queries import RankedEntry
from app.watchlists.undo.payloads import AddedEntries, RemovedEntries, StoredEntry
from app.watchlists.watchlist import (
    MAX_ENTRIES,
    Added,
    EntryEdit,
    ListEntry,
    NewEntry,
    NoSuchSection,
)


async def add(
    connection: DatabaseConnection, user_id: UUID, slug: str, entry: NewEntry, section_id: UUID | None = None
) -> Added:
    """Behind the others of the section, by default the first one. A symbol that is on the list stays as it is.

    Raises LimitReached or NoSuchSection.
    """
    summary = await lists.lock(connection, user_id, slug)
    before = await queries.ranked_entries(connection, summary.id)
    if entry.symbol in {ranked.entry.symbol for ranked in before}:
        return Added(summary.version, [], [entry.symbol], [])
    if len(before) >= MAX_ENTRIES:
        raise LimitReached(f"{summary.name} has {MAX_ENTRIES} entries, which is the most there can be.")
    sections = await queries.sections(connection, summary.id)
    section_id = section_id or sections[0].id
    if section_id not in {section.id for section in sections}:
        raise NoSuchSection
    await queries.insert_entries(connection, summary.id, _ranked(before, [(entry, section_id)]))
    return Added(await queries.increment_version(connection, summary.id), [entry.symbol], [], [])


async def add_all(
    connection: DatabaseConnection,
    user_id: UUID,
    slug: str,
    new_entries: Sequence[NewEntry],
    omitted: Sequence[str] = (),
) -> Added:
    """An import. Sections are found by their names, and created where there are none. `omitted`: what was read and is
    not added, kept with the undo.

    What exceeds the limit of entries is returned and not added. Raises LimitReached for too many sections.
    """
    summary = await lists.lock(connection, user_id, slug)
    before = await queries.ranked_entries(connection, summary.id)
    on_list, accepted, doubles, beyond = {ranked.entry.symbol for ranked in before}, [], [], []
    for entry in new_entries:
        if entry.symbol in on_list:
            doubles.append(entry.symbol)
        elif len(on_list) >= MAX_ENTRIES:
            beyond.append(entry.symbol)
        else:
            on_list.add(entry.symbol)
            accepted.append(entry)
    ids = await section_ids(connection, summary.id, [entry.section for entry in accepted])
    ranked = _ranked(before, [(entry, ids[names.name_key(entry.section)]) for entry in accepted])
    await queries.insert_entries(connection, summary.id, ranked)
    added = {each.entry.symbol: each.entry.added_at for each in ranked}
    over_limit = [f"{symbol}: the list is full with {MAX_ENTRIES} entries" for symbol in beyond]
    payload = AddedEntries(summary.id, added, [*omitted, *over_limit])
    undo_id = await lists.store_undo(connection, user_id, payload)
    version = await queries.increment_version(connection, summary.id) if added else summary.version
    return Added(version, [*added], doubles, beyond, undo_id)


async def remove(
    connection: DatabaseConnection, user_id: UUID, slug: str, symbols: Sequence[str]
) -> tuple[int, UUID | None]:
    """Returns the new version and the id by which it can be undone; None if none of them was on the list."""
    summary = await lists.lock(connection, user_id, slug)
    removed_entries = [
        each for each in await queries.ranked_entries(connection, summary.id) if each.entry.symbol in symbols
    ]
    if not removed_entries:
        return summary.version, None
    await queries.delete_entries(connection, summary.id, [ranked.entry.symbol for ranked in removed_entries])
    undo_id = await lists.store_undo(
        connection, user_id, RemovedEntries(summary.id, [StoredEntry.of(ranked) for ranked in removed_entries])
    )
    return await queries.increment_version(connection, summary.id), undo_id


async def arrange(connection: DatabaseConnection, user_id: UUID, slug: str, edits: Sequence[EntryEdit]) -> int:
    """Moves and annotates entries, all or none. Returns the new version.

    An entry that is gone meanwhile is not moved. Raises InvalidText, or StaleChange with the stored notes if notes that
    are to be changed have been changed meanwhile, or their entries are gone.
    """
    summary = await lists.lock(connection, user_id, slug)
    rows = await queries.ranked_entries(connection, summary.id)
    notes = _notes(edits, {ranked.entry.symbol: ranked.entry for ranked in rows}, summary.version)
    places = {edit.symbol: edit.place - 1 for edit in edits if edit.place is not None}
    placed = _places(rows, places)
    if not notes and not placed:
        return summary.version
    await queries.set_notes(connection, summary.id, notes)
    await queries.place_entries(connection, summary.id, placed)
    return await queries.increment_version(connection, summary.id)


async def step(connection: DatabaseConnection, user_id: UUID, slug: str, symbol: str, by: int) -> int:
    """Moves an entry up (-1) or down (1) within its section, from where it is now. Returns the new version."""
    summary = await lists.lock(connection, user_id, slug)
    rows = await queries.ranked_entries(connection, summary.id)
    section = next((ranked.entry.section_id for ranked in rows if ranked.entry.symbol == symbol), None)
    order = [ranked.entry.symbol for ranked in rows if ranked.entry.section_id == section]
    if section is None:
        return summary.version
    place = max(0, min(order.index(symbol) + by, len(order) - 1))
    await queries.place_entries(connection, summary.id, _places(rows, {symbol: place}))
    return await queries.increment_version(connection, summary.id)


async def move_to_section(
    connection: DatabaseConnection, user_id: UUID, slug: str, symbols: Sequence[str], section_id: UUID
) -> int:
    """Behind the others of that section. Symbols that are not on the list any more are left out."""
    summary = await lists.lock(connection, user_id, slug)
    if section_id not in {section.id for section in await queries.sections(connection, summary.id)}:
        raise NoSuchSection
    rows = await queries.ranked_entries(connection, summary.id)
    last = max((ranked.rank for ranked in rows if ranked.entry.section_id == section_id), default=0.0)
    moved = [
        ranked.entry.symbol
        for ranked in rows
        if ranked.entry.symbol in symbols and ranked.entry.section_id != section_id
    ]
    placed = [(symbol, section_id, last + ranks.STEP * number) for number, symbol in enumerate(moved, 1)]
    await queries.place_entries(connection, summary.id, placed)
    return await queries.increment_version(connection, summary.id)


def _ranked(before: Sequence[RankedEntry], new_entries: Iterable[tuple[NewEntry, UUID]]) -> list[RankedEntry]:
    """Behind those that are in the sections."""
    last: dict[UUID, float] = {}
    for ranked in before:
        last[ranked.entry.section_id] = ranked.rank
    placed = []
    for new, section_id in new_entries:
        last[section_id] = last.get(section_id, 0.0) + ranks.STEP
        entry = ListEntry(new.symbol, section_id, new.note, new.added_at or datetime.now(UTC), new.price)
        placed.append(RankedEntry(entry, last[section_id]))
    return placed


def _notes(edits: Sequence[EntryEdit], by_symbol: dict[str, ListEntry], version: int) -> list[tuple[str, str]]:
    changed, stale = [], dict[str, str | None]()
    for edit in edits:
        if edit.note is None or (note := note_text(edit.note)) == edit.note_before:
            continue
        entry = by_symbol.get(edit.symbol)
        if entry is None or entry.note not in (edit.note_before, note):
            stale[edit.symbol] = entry.note if entry else None
        else:
            changed.append((edit.symbol, note))
    if stale:
        raise StaleChange(stale, version)
    return changed


def _places(rows: Sequence[RankedEntry], places: dict[str, int]) -> list[tuple[str, UUID, float]]:
    """ListSection and rank of each entry that gets another one; `places`: from 0, within the section."""
    changed: list[tuple[str, UUID, float]] = []
    for section_id in dict.fromkeys(ranked.entry.section_id for ranked in rows):
        members = [ranked for ranked in rows if ranked.entry.section_id == section_id]
        moved = [ranked.entry.symbol for ranked in members if ranked.entry.symbol in places]
        if moved:
            order = [(each.entry.symbol, each.rank) for each in members if each.entry.symbol not in places]
            for symbol in sorted(moved, key=places.__getitem__):
                order = _inserted(order, symbol, places[symbol])
            before = {ranked.entry.symbol: ranked.rank for ranked in members}
            changed += [(symbol, section_id, rank) for symbol, rank in order if rank != before[symbol]]
    return changed


def _inserted(order: list[tuple[str, float]], symbol: str, place: int) -> list[tuple[str, float]]:
    place = max(0, min(place, len(order)))
    rank = ranks.at_place([each for _, each in order], place)
    if rank is not None:
        return [*order[:place], (symbol, rank), *order[place:]]
    symbols = [each for each, _ in order]
    symbols.insert(place, symbol)
    return [(each, ranks.STEP * number) for number, each in enumerate(symbols, 1)]
