"""Finding a symbol."""

from urllib.parse import quote

from quart import Blueprint, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.quotes import near
from app.quotes.board import Board
from app.web import guards
from app.web.html import page

blueprint = Blueprint("quotes", __name__)


@blueprint.get("/symbols")
@guards.signed_in
async def symbols() -> ResponseReturnValue:
    typed = near.typed(request.args.get("q", ""))
    board = deps.board(Board)
    if typed in board.instruments:
        return redirect(f"/symbols/{quote(typed)}", 303)
    found = near.search(typed, board.instruments)
    return await page(
        "quotes/symbols",
        title=f"Symbols like {typed}" if typed else "Symbols",
        typed=typed,
        found=[(instrument, board.quote(instrument.symbol)) for instrument in found.instruments],
        total=found.total,
        near=near.near(typed, board.instruments) if typed and not found.total else [],
        lacking=await deps.pools().lacking("instruments", "daily_bars"),
    )
