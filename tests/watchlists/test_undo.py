"""Undo of changes: entries, lists and imports come back or go, and nothing that was added meanwhile is lost."""

import pytest

from app.owned.refusals import StaleChange, UndoExpired
from app.watchlists import queries
from app.watchlists.changes import entries, lists, reversal
from app.watchlists.watchlist import EntryEdit, NewEntry
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
