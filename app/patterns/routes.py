"""Detected patterns, stored."""

import time

from quart import Blueprint, request
from quart.typing import ResponseReturnValue

from app import deps
from app.finance import symbols
from app.patterns import partials, queries
from app.patterns.board import Board
from app.web import guards
from app.web.html import page

blueprint = Blueprint("patterns", __name__)

LATEST = 100
LONGEST = symbols.LONGEST
"""Characters of a symbol or a timeframe."""


@blueprint.get("/patterns")
@guards.signed_in
async def patterns() -> ResponseReturnValue:
    symbol = _asked("symbol")
    timeframe = _asked("timeframe")
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        found = await queries.recent(connection, shape, LATEST, _meant(symbol), timeframe or None)
    view = guards.view()
    return await page(
        "patterns/list",
        title=f"Patterns of {symbol}" if symbol else "Patterns",
        symbol=symbol,
        timeframe=timeframe,
        feed=partials.feed("patterns", [partials.detection(each, view) for each in deps.board(Board).marked(found)]),
        count=len(found),
        latest=LATEST,
        now=time.time(),
        lacking=shape.lacking("patterns"),
    )


def _meant(symbol: str) -> tuple[str, ...] | None:
    return deps.symbols().possible(symbol) if symbol else None


def _asked(name: str) -> str:
    """What no column could hold asks for nothing."""
    text = request.args.get(name, "").strip()[:LONGEST]
    return text if text.isprintable() else ""
