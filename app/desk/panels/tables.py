"""The symbols of a list or of a screen for a panel."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from werkzeug.datastructures import MultiDict

from app import db, wire
from app.desk.scan import answers, results
from app.desk.scan.scopes import UnknownScope, resolve_scope
from app.desk.scan.sources import ScanSources
from app.rules.errors import RuleError
from app.scans.scan_request import table_choice
from app.scans.screens import queries as screens
from app.scans.screens.screen import SavedScreen
from app.watchlists import queries as watchlists

ROWS = 12
AWAY = "It is not available now, because the database is away."
AWAITED = "The result is being computed. Reload in a few seconds."


class SymbolTable(NamedTuple):
    """`total`: symbols of the list, or matches. `problem`: why there are no symbols, or empty."""

    name: str
    path: str
    symbols: Sequence[str] = ()
    total: int = 0
    problem: str = ""


async def list_table(list_id: str, user_id: UUID, sources: ScanSources) -> SymbolTable | None:
    """None for a list that is not there, or somebody else's."""
    try:
        async with sources.pools.own.acquire() as connection:
            summaries = await watchlists.summaries(connection, user_id)
            summary = next((each for each in summaries if str(each.id) == list_id), None)
            watchlist = await watchlists.whole(connection, summary) if summary else None
    except db.Unavailable:
        return SymbolTable("List", "/w", problem=AWAY)
    if watchlist is None:
        return None
    symbols = [entry.symbol for entry in watchlist.entries]
    problem = "" if symbols else "No symbol is on this list yet."
    return SymbolTable(watchlist.summary.name, watchlist.summary.path, symbols[:ROWS], len(symbols), problem)


async def screen_table(screen_id: str, user_id: UUID, sources: ScanSources) -> SymbolTable | None:
    """None for a screen that is not there, or somebody else's."""
    try:
        async with sources.pools.own.acquire() as connection:
            own = await screens.screens(connection, user_id)
        screen = next((each for each in own if str(each.id) == screen_id), None)
        return await _matches(screen, user_id, sources) if screen else None
    except (db.Unavailable, wire.RedisUnavailable):
        return SymbolTable("Screen", "/screens", problem=AWAY)


async def _matches(screen: SavedScreen, user_id: UUID, sources: ScanSources) -> SymbolTable:
    definition, table = screen.definition, SymbolTable(screen.name, screen.path)
    try:
        choice = table_choice(MultiDict(definition.parameters), screen.path)
        address = choice.request(definition.rule, definition.rule_version).address
        scope = await resolve_scope(address.scope, user_id, sources)
    except (RuleError, UnknownScope) as error:
        return table._replace(problem=f"{error}.")
    answer = await answers.answer(address, scope.symbols, sources, results.first_rows_of(address, ROWS))
    if answer.page is None:
        return table._replace(problem=answer.problem or AWAITED)
    symbols = [row.symbol for row in answer.page.rows]
    return table._replace(symbols=symbols, total=answer.page.total, problem="" if symbols else "No symbol matches now.")
