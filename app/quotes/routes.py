"""Finding a symbol."""

from urllib.parse import quote

from quart import Blueprint, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.finance.symbol_index import typed as as_typed
from app.quotes.board import SHOWN, Board
from app.web import guards, parameters
from app.web.html import page

blueprint = Blueprint("quotes", __name__)


@blueprint.get("/symbols")
@guards.signed_in
@parameters.takes("q")
async def symbols() -> ResponseReturnValue:
    typed = as_typed(request.args.get("q", ""))
    known = deps.symbols()
    spellings = known.spellings(typed)
    if len(spellings) == 1:
        return redirect(f"/symbols/{quote(spellings[0])}", 303)
    found = known.search(typed, SHOWN)
    board = deps.board(Board)
    return await page(
        "quotes/symbols",
        title=f"Symbols like {typed}" if typed else "Symbols",
        priced=True,
        typed=typed,
        found=[(instrument, board.quote(instrument.symbol)) for instrument in found.instruments],
        total=found.total,
        near=known.near(typed) if typed and not found.total else [],
        lacking=await deps.pools().lacking("instruments", "daily_bars"),
    )
