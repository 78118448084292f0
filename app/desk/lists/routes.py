"""A list with its quotes, and how symbols come onto it."""

import time
from urllib.parse import quote as quoted
from urllib.parse import urlencode

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.desk.lists import table
from app.desk.lists.document import list_document
from app.desk.lists.table import ROWS, QuotedEntry
from app.desk.lists.values import SETS_OF_LISTS, stored_values
from app.desk.lists.values import columns as needed_columns
from app.identity import Scope
from app.live.topics import STATUS
from app.owned.refusals import LimitReached
from app.owned.shares import queries as shares
from app.owned.shares.queries import ShareKind
from app.owned.undo import queries as undo_queries
from app.quotes import partials
from app.quotes.board import QuoteBoard
from app.quotes.live_order import order_words
from app.quotes.topics import quotes_topic
from app.scans.cells import label
from app.scans.columns import SETS
from app.watchlists import queries
from app.watchlists.changes import entries
from app.watchlists.forms import FIRST_SECTION, AddSymbol, AddTo
from app.watchlists.search import Search, search
from app.watchlists.undo import payloads
from app.watchlists.watchlist import ListSection, NewEntry, NoSuchSection, Summary, Watchlist
from app.web import guards, html, paging, parameters, tables
from app.web.filters import dom_id
from app.web.formats import TableDocument

blueprint = Blueprint("lists", __name__)

LIST = "/w/<slug:slug>"
COLUMNS = ("std", *SETS_OF_LISTS, "note")


@tables.suffixes(blueprint, LIST)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow("sort", "cols", "page", "undo")
async def list_table(slug: str) -> TableDocument:
    """Every row, whatever the page."""
    watchlist, columns = await _watchlist(slug), _one_of("cols", COLUMNS)
    rows = await _ordered(watchlist, _one_of("sort", table.SORTS), columns)
    return list_document(watchlist, rows, SETS_OF_LISTS.get(columns, ()), guards.view().zone, time.time())


@tables.page(blueprint, LIST, list_table)
@guards.signed_in
@parameters.allow("sort", "cols", "page", "undo")
async def show(slug: str) -> ResponseReturnValue:
    cursor, watchlist = deps.cursor(), await _watchlist(slug)
    return await _page(watchlist, AddSymbol(None, watchlist.sections), cursor)


@blueprint.post("/w/<slug:slug>")
@guards.signed_in
@parameters.allow("sort", "cols", "page")
async def add(slug: str) -> ResponseReturnValue:
    cursor, watchlist = deps.cursor(), await _watchlist(slug)
    form = AddSymbol(await request.form, watchlist.sections)
    if not form.validate():
        return await _page(watchlist, form, cursor, 422)
    answer = search(form.symbol.data, deps.symbols())
    if answer.symbol is None:
        return await _choice(watchlist.summary, answer, {"section": form.section.data or ""})
    section = next((each for each in watchlist.sections if str(each.id) == form.section.data), None)
    if refusal := await _add(slug, answer.symbol, section):
        form.symbol.errors = [refusal]
        return await _page(watchlist, form, cursor, 422)
    return await _show_row(slug, answer.symbol)


@blueprint.get("/w/add")
@guards.signed_in
@parameters.allow("symbol")
async def show_add_to() -> ResponseReturnValue:
    return await _add_to(AddTo(None, await _summaries(), symbol=request.args.get("symbol", "")))


@blueprint.post("/w/add")
@guards.signed_in
async def add_to() -> ResponseReturnValue:
    form = AddTo(await request.form, await _summaries())
    if not form.validate():
        return await _add_to(form, 422)
    watchlist, answer = await _watchlist(form.watchlist.data), search(form.symbol.data, deps.symbols())
    if answer.symbol is None:
        return await _choice(watchlist.summary, answer, {})
    if refusal := await _add(watchlist.summary.slug, answer.symbol, None):
        form.symbol.errors = [refusal]
        return await _add_to(form, 422)
    return await _show_row(watchlist.summary.slug, answer.symbol)


async def _page(watchlist: Watchlist, form: AddSymbol, cursor: str, status: int = 200) -> Response:
    sort, columns = _one_of("sort", table.SORTS), _one_of("cols", COLUMNS)
    visible_columns, ordered = SETS_OF_LISTS.get(columns, ()), await _ordered(watchlist, sort, columns)
    number = paging.page_number(request.args.get("page", "1"), len(ordered), ROWS)
    visible, view = ordered[ROWS * (number - 1) : ROWS * number], guards.view()
    orders = order_words(table.live_order(visible, sort))
    rows = table.drawn_rows(visible, time.time(), view, visible_columns)
    async with deps.pools().own.acquire() as connection:
        user_id = guards.identity().user_id
        lists = await queries.summaries(connection, user_id)
        undo = await undo_queries.find_typed(connection, user_id, request.args.get("undo", ""), payloads.KINDS)
        links = await shares.of(connection, user_id, ShareKind.WATCHLIST, watchlist.summary.id)
    return await html.page(
        "watchlists/list",
        title=watchlist.summary.name,
        status=status,
        topics=[STATUS, *orders, *(quotes_topic(row.entry.symbol) for row in visible)],
        cursor=cursor,
        watchlist=watchlist,
        lists=lists,
        notice=payloads.notice(undo) if undo else None,
        link_count=len(links),
        form=form,
        first_section=FIRST_SECTION,
        rows=table.with_sections(rows, watchlist) if sort == table.OWN_ORDER else rows,
        sort=sort,
        order=partials.order(0, view) if orders else "",
        columns=columns,
        sets=[("std", "Standard"), *((name, SETS[name].label) for name in SETS_OF_LISTS), ("note", "Notes")],
        headings=[
            (each.name, label(each, table.volume_units(visible, visible_columns)), each.style)
            for each in visible_columns
        ],
        number=number,
        pages=paging.page_count(len(ordered), ROWS),
        first=ROWS * (number - 1) + 1,
    )


async def _ordered(watchlist: Watchlist, sort: str, columns: str) -> list[QuotedEntry]:
    """All rows, with the values of the columns."""
    symbols = [entry.symbol for entry in watchlist.entries]
    values = await stored_values(symbols, needed_columns(columns, sort), deps.pools(), deps.cache())
    return table.in_order(table.with_values(table.with_quotes(watchlist, deps.board(QuoteBoard)), values), sort)


async def _add(slug: str, symbol: str, section: ListSection | None) -> str:
    """The reason why not; "" after the entry was stored."""
    entry = NewEntry(symbol, deps.board(QuoteBoard).price(symbol))
    try:
        async with deps.pools().own.transaction() as connection:
            user_id = guards.identity().user_id
            added = await entries.add(connection, user_id, slug, entry, section.id if section else None)
    except (LimitReached, NoSuchSection) as refusal:
        return str(refusal)
    return "" if added.symbols else f"{symbol} is on the list already."


async def _choice(summary: Summary, answer: Search, hidden: dict[str, str]) -> Response:
    return await html.page(
        "watchlists/choice",
        title=f"Add to {summary.name}",
        status=422,
        summary=summary,
        answer=answer,
        hidden=hidden,
    )


async def _add_to(form: AddTo, status: int = 200) -> Response:
    return await html.page("watchlists/add", title="Add to a list", status=status, form=form)


async def _show_row(slug: str, symbol: str) -> ResponseReturnValue:
    watchlist = await _watchlist(slug)
    place = next((n for n, entry in enumerate(watchlist.entries) if entry.symbol == symbol), 0)
    query = {name: request.args[name] for name in ("cols",) if name in request.args}
    query |= {"page": str(place // ROWS + 1)} if place >= ROWS else {}
    address = f"/w/{quoted(slug)}{'?' if query else ''}{urlencode(query)}#{dom_id('row', symbol)}"
    return current_app.redirect(address, 303)


def _one_of(name: str, choices: tuple[str, ...]) -> str:
    """The parameter, by default the first choice."""
    value = request.args.get(name, choices[0])
    if value not in choices:
        abort(400, f"{name}: choose one of {', '.join(filter(None, choices))}.")
    return value


async def _summaries() -> list[Summary]:
    async with deps.pools().own.acquire() as connection:
        return await queries.summaries(connection, guards.identity().user_id)


async def _watchlist(slug: str) -> Watchlist:
    async with deps.pools().own.acquire() as connection:
        watchlist = await queries.find(connection, guards.identity().user_id, slug)
    return watchlist or abort(404)
