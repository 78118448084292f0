"""Changes of lists, sections and entries, on a real database: limits, merges, conflicts, undo."""

import asyncio
from uuid import uuid4

import pytest

from app.owned.names import LONGEST_NAME
from app.owned.refusals import InvalidText, LimitReached, NameTaken, StaleChange
from app.watchlists import queries
from app.watchlists.changes import entries, lists, sections
from app.watchlists.watchlist import (
    LONGEST_NOTE,
    MAX_ENTRIES,
    MAX_LISTS,
    MAX_SECTIONS,
    EntryEdit,
    NewEntry,
    NoSuchList,
    NoSuchSection,
    SectionTaken,
)
from tests.support.quote_samples import AWKWARD
from tests.watchlists.conftest import Owners, core_list, create, symbols


async def test_lists_are_created_with_an_address_each(owners: Owners) -> None:
    expected = {
        "Core": "core",
        "Chips & Cloud": "chips-cloud",
        "Chips, cloud": "chips-cloud-2",
        "自选股": "list-1",
        "港股": "list-2",
        "Café": "cafe",
        "new": "new-2",
        "\u0645\u06cc\u200c\u062e\u0648": "list-3",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 fund": "fund",
        "x" * LONGEST_NAME: "x" * LONGEST_NAME,
    }
    for name in expected:
        await create(owners, name)

    summaries = await queries.summaries(owners.connection, owners.alice)
    assert {summary.name: summary.slug for summary in summaries} == expected
    assert await queries.summaries(owners.connection, owners.bob) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST_NAME + 1), "a\x00b", "a\u202eb", "\ud800", "\u200d"])
async def test_a_name_that_is_none_is_refused(owners: Owners, name: str) -> None:
    with pytest.raises(InvalidText):
        await create(owners, name)

    assert await queries.summaries(owners.connection, owners.alice) == []


async def test_names_are_unique_whatever_their_case(owners: Owners) -> None:
    await create(owners, "Größe")
    await create(owners, "Core")

    for name in ("CORE", " core ", "co\u200dre", "GRÖSSE", "Core"):
        with pytest.raises(NameTaken):
            await create(owners, name)
    with pytest.raises(NameTaken):
        await lists.rename(owners.connection, owners.alice, "core", "größe")
    await lists.rename(owners.connection, owners.alice, "core", "CORE")

    assert (await core_list(owners)).summary.name == "CORE"


async def test_every_limit_is_named_in_its_refusal(owners: Owners) -> None:
    await create(owners)
    async with owners.connection.transaction():
        added = await entries.add_all(
            owners.connection, owners.alice, "core", [NewEntry(f"S{n}", None) for n in range(MAX_ENTRIES + 2)]
        )
        for number in range(MAX_SECTIONS - 1):
            await sections.create(owners.connection, owners.alice, "core", f"Section {number}")
        for number in range(MAX_LISTS - 1):
            await lists.create(owners.connection, owners.alice, f"List {number}")

    assert added.beyond_limit == ["S500", "S501"]
    with pytest.raises(LimitReached, match="500 entries"):
        await entries.add(owners.connection, owners.alice, "core", NewEntry("AAPL", None))
    with pytest.raises(LimitReached, match="50 sections"):
        await sections.create(owners.connection, owners.alice, "core", "One more")
    with pytest.raises(LimitReached, match="50 sections"):
        await entries.add_all(
            owners.connection, owners.alice, "list-1", [NewEntry(f"S{n}", 1, f"{n}") for n in range(50)]
        )
    with pytest.raises(LimitReached, match="50 lists"):
        await create(owners, "One more")
    edit = EntryEdit("S1", note="x" * (LONGEST_NOTE + 1))
    with pytest.raises(InvalidText, match="500 characters"):
        await entries.arrange(owners.connection, owners.alice, "core", [edit])


async def test_somebody_elses_list_is_not_there(owners: Owners) -> None:
    await create(owners, "Core", "AAPL")
    version = (await core_list(owners)).summary.version
    own, bob = owners.connection, owners.bob

    for change in (
        lambda: lists.rename(own, bob, "core", "Mine"),
        lambda: lists.delete(own, bob, "core"),
        lambda: lists.move(own, bob, "core", 0),
        lambda: lists.choose_for_desk(own, bob, "core"),
        lambda: entries.add(own, bob, "core", NewEntry("IBM", None)),
        lambda: entries.add_all(own, bob, "core", [NewEntry("IBM", None)]),
        lambda: entries.remove(own, bob, "core", ["AAPL"]),
        lambda: entries.arrange(own, bob, "core", [EntryEdit("AAPL", note="x")]),
        lambda: entries.step(own, bob, "core", "AAPL", 1),
        lambda: sections.create(own, bob, "core", "Energy"),
    ):
        with pytest.raises(NoSuchList):
            await change()
    assert (await core_list(owners)).summary.version == version
    assert await queries.find(own, bob, "core") is None


async def test_a_move_changes_the_rank_of_one_entry(owners: Owners) -> None:
    watchlist_id = await create(owners, "Core", *AWKWARD, "IBM")
    before = {each.entry.symbol: each.rank for each in await queries.ranked_entries(owners.connection, watchlist_id)}

    await entries.step(owners.connection, owners.alice, "core", "IBM", -1)
    assert await symbols(owners) == ["BRK.B", "BF/B", "IBM", "X:BTCUSD"]
    after = {each.entry.symbol: each.rank for each in await queries.ranked_entries(owners.connection, watchlist_id)}
    assert [symbol for symbol in before if before[symbol] != after[symbol]] == ["IBM"]

    await entries.arrange(owners.connection, owners.alice, "core", [EntryEdit("X:BTCUSD", place=1)])
    assert await symbols(owners) == ["X:BTCUSD", "BRK.B", "BF/B", "IBM"]
    await entries.arrange(owners.connection, owners.alice, "core", [EntryEdit("IBM", place=1), EntryEdit("BF/B", 99)])
    assert await symbols(owners) == ["IBM", "X:BTCUSD", "BRK.B", "BF/B"]
    for by in (-1, 1, 1, 1, 1):
        await entries.step(owners.connection, owners.alice, "core", "IBM", by)
    assert await symbols(owners) == ["X:BTCUSD", "BRK.B", "BF/B", "IBM"]


async def test_ranks_are_numbered_anew_when_no_number_is_left_between_two(owners: Owners) -> None:
    await create(owners, "Core", "A", "B", "C")
    for _ in range(120):
        await entries.arrange(owners.connection, owners.alice, "core", [EntryEdit("C", place=2)])
        await entries.arrange(owners.connection, owners.alice, "core", [EntryEdit("B", place=2)])

    assert await symbols(owners) == ["A", "B", "C"]


async def test_sections_keep_their_entries_apart_and_leave_them_to_the_first(owners: Owners) -> None:
    await create(owners, "Core", "AAPL")
    own, alice = owners.connection, owners.alice
    energy = await sections.create(own, alice, "core", "Energy")
    await entries.add(own, alice, "core", NewEntry("XOM", 60.0), energy)
    await entries.add_all(own, alice, "core", [NewEntry("CVX", 1.0, "ENERGY"), NewEntry("GE", 1.0, "Power")])
    with pytest.raises(SectionTaken):
        await sections.create(own, alice, "core", "energy")
    with pytest.raises(NoSuchSection):
        await entries.add(own, alice, "core", NewEntry("BP", 1.0), uuid4())

    watchlist = await core_list(owners)
    assert [section.name for section in watchlist.sections] == ["", "Energy", "Power"]
    assert [entry.symbol for entry in watchlist.of_section(energy)] == ["XOM", "CVX"]
    await entries.move_to_section(own, alice, "core", ["AAPL", "GONE"], energy)
    assert await symbols(owners) == ["XOM", "CVX", "AAPL", "GE"]
    await sections.rename(own, alice, "core", energy, "Oil", "Energy")
    with pytest.raises(StaleChange) as stale:
        await sections.rename(own, alice, "core", energy, "Gas", "Energy")
    assert stale.value.current == {"name": "Oil"}
    await sections.delete(own, alice, "core", energy)
    assert await symbols(owners) == ["XOM", "CVX", "AAPL", "GE"]
    await sections.delete(own, alice, "core", watchlist.sections[2].id)
    with pytest.raises(LimitReached):
        await sections.delete(own, alice, "core", watchlist.sections[0].id)


async def test_notes_merge_by_entry_and_a_note_that_both_changed_is_refused(owners: Owners) -> None:
    await create(owners, "Core", "AAPL", "IBM")
    own, alice = owners.connection, owners.alice

    await entries.arrange(own, alice, "core", [EntryEdit("AAPL", note="first window")])
    await entries.arrange(own, alice, "core", [EntryEdit("AAPL", note=""), EntryEdit("IBM", note="second window")])
    with pytest.raises(StaleChange) as stale:
        await entries.arrange(own, alice, "core", [EntryEdit("AAPL", note="other"), EntryEdit("GONE", note="kept")])

    watchlist = await core_list(owners)
    assert [entry.note for entry in watchlist.entries] == ["first window", "second window"]
    assert stale.value.current == {"AAPL": "first window", "GONE": None}
    assert stale.value.version == watchlist.summary.version


async def test_two_transactions_at_once_lose_no_entry(owners: Owners) -> None:
    """The second one waits for the first, and adds to what that left."""
    await create(owners, "Core", "AAPL")

    async with owners.another() as first, owners.another() as second:
        waited_for = first.transaction()
        await waited_for.start()
        await entries.add(first, owners.alice, "core", NewEntry("IBM", None))

        async def add_in_second() -> None:
            async with second.transaction():
                await entries.add(second, owners.alice, "core", NewEntry("GE", None))
                await entries.remove(second, owners.alice, "core", ["AAPL"])

        waiting = asyncio.create_task(add_in_second())
        while not await owners.connection.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0)
        await waited_for.commit()
        await waiting

    assert await symbols(owners) == ["IBM", "GE"]


async def test_many_sessions_that_add_at_once_keep_every_entry_and_the_limit(owners: Owners) -> None:
    await create(owners, "Core", *(f"OLD{n}" for n in range(MAX_ENTRIES - 10)))

    async def add(number: int) -> bool:
        async with owners.another() as connection:
            try:
                async with connection.transaction():
                    await entries.add(connection, owners.alice, "core", NewEntry(f"NEW{number}", None))
            except LimitReached:
                return False
            return True

    accepted = await asyncio.gather(*(add(number) for number in range(15)))

    assert sum(accepted) == 10
    assert len(await symbols(owners)) == MAX_ENTRIES
    assert {f"NEW{number}" for number, done in enumerate(accepted) if done} <= {*await symbols(owners)}


async def test_lists_are_ordered_by_their_owner(owners: Owners) -> None:
    for name in ("A", "B", "C"):
        await create(owners, name)

    await lists.move(owners.connection, owners.alice, "c", 0)
    await lists.move(owners.connection, owners.alice, "a", 99)

    assert [each.name for each in await queries.summaries(owners.connection, owners.alice)] == ["C", "B", "A"]


async def test_one_list_at_most_is_on_the_desk(owners: Owners) -> None:
    own, alice = owners.connection, owners.alice
    await create(owners, "A")
    await create(owners, "B")

    for slug in ("a", "b"):
        await lists.choose_for_desk(own, alice, slug)
    assert [each.on_desk for each in await queries.summaries(own, alice)] == [False, True]
    await lists.choose_for_desk(own, alice, None)
    assert await queries.desk_list(own, alice) is None
