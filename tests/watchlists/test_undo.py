"""Undo of changes: entries, lists and imports come back or go, and nothing that was added meanwhile is lost."""

import asyncio

import pytest

from app.owned.refusals import StaleChange, UndoExpired
from app.owned.undo.queries import MAX_STORED
from app.watchlists import queries
from app.watchlists.changes import entries, lists, reversal
from app.watchlists.watchlist import EntryEdit, NewEntry, NoSuchList
from tests.support.quote_samples import AWKWARD
from tests.watchlists.conftest import Owners, core_list, create, symbols


async def test_removed_entries_come_back_to_their_places_with_their_notes(owners: Owners) -> None:
    own, alice = owners.connection, owners.alice
    await create(owners, "Core", *AWKWARD)
    await entries.arrange(own, alice, "core", [EntryEdit("BF/B", note="watch it")])
    before = await core_list(owners)

    _, undo_id = await entries.remove(own, alice, "core", ["BF/B", "NOT THERE"])
    assert undo_id
    await entries.add(own, alice, "core", NewEntry("IBM", None))
    with pytest.raises(UndoExpired):
        await reversal.undo(own, owners.bob, undo_id)
    assert await reversal.undo(own, alice, undo_id) == "core"

    assert (await core_list(owners)).entries[:3] == before.entries
    assert await symbols(owners) == [*AWKWARD, "IBM"]
    with pytest.raises(UndoExpired):
        await reversal.undo(own, alice, undo_id)
    assert await entries.remove(own, alice, "core", ["GONE"]) == ((await core_list(owners)).summary.version, None)


async def test_a_deleted_list_comes_back_whole(owners: Owners) -> None:
    own, alice = owners.connection, owners.alice
    await create(owners, "First")
    await create(owners, "Core", "AAPL")
    await create(owners, "Last")
    await entries.add_all(own, alice, "core", [NewEntry("XOM", 60.0, "Energy", "oil")])
    await lists.choose_for_desk(own, alice, "core")
    before = await core_list(owners)

    with pytest.raises(StaleChange):
        await lists.delete(own, alice, "core", version=1)
    undo_id = await lists.delete(own, alice, "core", before.summary.version)
    assert await queries.find(own, alice, "core") is None
    assert await reversal.undo(own, alice, undo_id) == "core"

    after = await core_list(owners)
    assert (after.sections, after.entries) == (before.sections, before.entries)
    assert after.summary.version > before.summary.version
    assert after.summary.on_desk
    assert [each.name for each in await queries.summaries(own, alice)] == ["First", "Core", "Last"]
    desk_list = await queries.desk_list(own, alice)
    assert desk_list
    assert desk_list.summary.slug == "core"


async def test_a_deleted_list_whose_name_is_taken_comes_back_under_another(owners: Owners) -> None:
    await create(owners, "Core", "AAPL")
    undo_id = await lists.delete(owners.connection, owners.alice, "core")
    await create(owners, "core", "IBM")

    slug = await reversal.undo(owners.connection, owners.alice, undo_id)

    assert (slug, await symbols(owners, slug)) == ("core-2", ["AAPL"])
    assert await symbols(owners) == ["IBM"]


async def test_an_undo_expires(owners: Owners) -> None:
    await create(owners, "Core", "AAPL")
    _, undo_id = await entries.remove(owners.connection, owners.alice, "core", ["AAPL"])
    assert undo_id
    await owners.connection.execute("update app.undo set expires_at = expires_at - interval '61 seconds'")

    with pytest.raises(UndoExpired):
        await reversal.undo(owners.connection, owners.alice, undo_id)
    await create(owners, "Other")
    assert await owners.connection.fetchval("select count(*) from app.undo where id = $1", undo_id) == 0


async def test_an_import_is_taken_back_and_leaves_what_was_there(owners: Owners) -> None:
    own, alice = owners.connection, owners.alice
    await create(owners, "Core", "AAPL")

    added = await entries.add_all(
        own, alice, "core", [NewEntry(symbol, None) for symbol in ("IBM", "AAPL", "GE", "GE")]
    )
    assert (added.symbols, added.doubles) == (["IBM", "GE"], ["AAPL", "GE"])
    assert added.undo_id
    await reversal.undo(own, alice, added.undo_id)

    assert await symbols(owners) == ["AAPL"]


async def test_what_was_added_again_after_an_import_outlives_its_undo(owners: Owners) -> None:
    own, alice = owners.connection, owners.alice
    await create(owners)
    added = await entries.add_all(own, alice, "core", [NewEntry(symbol, None) for symbol in ("IBM", "GE")])
    assert added.undo_id

    await entries.remove(own, alice, "core", ["GE"])
    await entries.add(own, alice, "core", NewEntry("GE", 20.0))
    await reversal.undo(own, alice, added.undo_id)

    assert await symbols(owners) == ["GE"]


async def test_an_undo_does_not_change_another_list_at_the_same_address(owners: Owners) -> None:
    own, alice = owners.connection, owners.alice
    await create(owners)
    added = await entries.add_all(own, alice, "core", [NewEntry("IBM", None)])
    await entries.add(own, alice, "core", NewEntry("GE", None))
    _, removal = await entries.remove(own, alice, "core", ["GE"])
    deleted = await lists.delete(own, alice, "core")
    await create(owners, "Core", "IBM")

    for undo_id in (added.undo_id, removal):
        assert undo_id
        with pytest.raises(NoSuchList):
            async with own.transaction():
                await reversal.undo(own, alice, undo_id)
    assert await symbols(owners) == ["IBM"]

    assert await reversal.undo(own, alice, deleted) == "core-2"
    assert removal
    assert await reversal.undo(own, alice, removal) == "core-2"
    assert await symbols(owners, "core-2") == ["IBM", "GE"]


async def test_a_change_does_not_wait_for_an_undo_that_waits_for_its_list(owners: Owners) -> None:
    own, alice = owners.connection, owners.alice
    await create(owners, "Core", *(f"S{number}" for number in range(MAX_STORED + 1)))
    undo_ids = []
    for number in range(MAX_STORED):
        _, undo_id = await entries.remove(own, alice, "core", [f"S{number}"])
        assert undo_id
        undo_ids.append(undo_id)

    async def undo() -> None:
        async with owners.another() as other, other.transaction():
            await reversal.undo(other, alice, undo_ids[0])

    async with own.transaction():
        await own.execute("set local lock_timeout = '2s'")
        await lists.lock(own, alice, "core")
        undone = asyncio.create_task(undo())
        while not await own.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0.01)
        await entries.remove(own, alice, "core", [f"S{MAX_STORED}"])
    await undone
    assert await symbols(owners) == ["S0"]
