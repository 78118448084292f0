"""The symbol search page."""

import time

from quart import Blueprint, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.finance.symbol_index import visible_query
from app.identity import Scope
from app.quotes.board import QuoteBoard
from app.quotes.most_active import BOARD_ROWS
from app.quotes.table import quotes_document
from app.web import guards, parameters, tables
from app.web.filters import symbol_path
from app.web.formats import TableDocument
from app.web.html import page

blueprint = Blueprint("quotes", __name__)

SYMBOLS = "/symbols"


@tables.suffixes(blueprint, SYMBOLS)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow("q")
async def symbols_table() -> TableDocument:
    """The rows of the page."""
    board = deps.board(QuoteBoard)
    matches = deps.symbols().search(visible_query(request.args.get("q", "")), BOARD_ROWS)
    rows = [(each, board.quote(each.symbol)) for each in matches.instruments]
    return quotes_document("symbols", rows, guards.view().zone, time.time())


@tables.page(blueprint, SYMBOLS, symbols_table)
@guards.signed_in
@parameters.allow("q")
async def symbols() -> ResponseReturnValue:
    typed = visible_query(request.args.get("q", ""))
    index = deps.symbols()
    spellings = index.spellings(typed)
    if len(spellings) == 1:
        return redirect(symbol_path(spellings[0]), 303)
    matches = index.search(typed, BOARD_ROWS)
    board = deps.board(QuoteBoard)
    return await page(
        "quotes/symbols",
        title=f"Symbols like {typed}" if typed else "Symbols",
        priced=True,
        typed=typed,
        matches=[(instrument, board.quote(instrument.symbol)) for instrument in matches.instruments],
        total=matches.total,
        near=index.near(typed) if typed and not matches.total else [],
        lacking=await deps.pools().lacking("instruments", "daily_bars"),
    )
