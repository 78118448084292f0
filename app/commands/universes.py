"""`tickstock data universes`: imports and exports named lists of symbols."""

import asyncio
import csv
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.commands.market_database import market, with_pool
from app.db.pools import Pool
from app.embedded.places import Unusable
from app.engine.jobs.plan import read_symbol_list, require_storable
from app.engine.loads.sources.source import UnreadableSource
from app.engine.universes import queries
from app.engine.universes.resolve import UnknownUniverse, find_universe, resolve_members
from app.engine.universes.universe import ETFS, STOCKS, Universe
from app.settings.load import Settings

SHIPPED = "etf-*.csv"
THEMES = "themes"
OWN = "custom"
LONGEST = 100
"""Characters of a name or key."""


def show(settings: Settings) -> bool:
    async def work(pool: Pool) -> bool:
        async with pool.acquire() as connection:
            universes = await queries.all_of(connection)
        table = Table("name", "kind", "members", "")
        for each in universes:
            table.add_row(each.title, each.kind, f"{len(each.members):,}", ", ".join(each.members[:8]))
        Console().print(table if universes else "no universe is stored; `tickstock data universes import` brings some")
        return True

    return _run(settings, work)


def import_file(settings: Settings, path: Path, name: str | None, *, etfs: bool) -> bool:
    """Replaces the universe of that name by the symbols of a CSV file. Raises Unusable."""
    group, _, key = (name or path.stem).strip().rpartition(":")
    universe = Universe(ETFS if etfs else STOCKS, group or OWN, key, _symbols(path))
    if not key or max(len(group), len(key)) > LONGEST:
        raise Unusable(f"--name: write NAME:KEY, each of 1 to {LONGEST} characters")
    return _store(settings, [universe])


def import_shipped(settings: Settings) -> bool:
    """Imports the shipped themes of ETFs."""
    paths = sorted(settings.loads.files.glob(SHIPPED))
    return _store(settings, [Universe(ETFS, THEMES, path.stem.partition("-")[2], _symbols(path)) for path in paths])


def export(settings: Settings, name: str, day: date | None) -> bool:
    """Prints CSV; of a past day its members then. Raises Unusable."""

    async def work(pool: Pool) -> bool:
        async with pool.acquire() as connection:
            universes = await queries.all_of(connection)
            try:
                members = resolve_members(name, universes) if day is None else None
                title = find_universe(name, universes).title if day else ""
            except UnknownUniverse as reason:
                raise Unusable(str(reason)) from None
            if members is None:
                assert day
                members = tuple(await queries.members_on(connection, title, day))
            names = await queries.names(connection, members)
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(("symbol", "name"))
        out.writerows((symbol, names.get(symbol, "")) for symbol in members)
        return bool(members)

    return _run(settings, work)


def history(settings: Settings, name: str) -> bool:
    async def work(pool: Pool) -> bool:
        async with pool.acquire() as connection:
            try:
                title = find_universe(name, await queries.all_of(connection)).title
            except UnknownUniverse as reason:
                raise Unusable(str(reason)) from None
            memberships = await queries.history(connection, title)
        table = Table("symbol", "since", "until", title=title)
        for each in memberships:
            table.add_row(each.symbol, str(each.since), str(each.until or ""))
        Console().print(table)
        return True

    return _run(settings, work)


def _symbols(path: Path) -> tuple[str, ...]:
    try:
        symbols = read_symbol_list(path)
        require_storable(symbols)
    except UnreadableSource as reason:
        raise Unusable(str(reason)) from None
    return symbols


def _store(settings: Settings, universes: list[Universe]) -> bool:
    async def work(pool: Pool) -> bool:
        today = datetime.now(UTC).date()
        async with pool.acquire() as connection, connection.transaction():
            for universe in universes:
                await queries.put(connection, universe, today)
        for universe in universes:
            Console().print(f"{universe.title}: {len(universe.members):,} members", highlight=False)
        return bool(universes)

    return _run(settings, work)


def _run(settings: Settings, work: Callable[[Pool], Awaitable[bool]]) -> bool:
    with market(settings, os.environ) as url:
        return asyncio.run(with_pool(url, work))
