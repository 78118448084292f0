"""The state of a market that is played, and the form by which an administrator begins its next session."""

import secrets

from quart import Blueprint, redirect
from quart.typing import ResponseReturnValue

from app import deps
from app.finance.clock import MarketClock
from app.market import stream as market_stream
from app.market.board import MarketBoard
from app.web import guards, parameters
from app.web.html import page
from app.wire.jobs.commands import NEXT_SESSION, MarketCommand

blueprint = Blueprint("next_session", __name__)

PATH = "/market/session"
INVENTED = ("invented", "synthetic")
"""Providers that take the command."""
NOT_INVENTED = "This market is not invented: its sessions begin by themselves. Nothing was changed."
NOT_CLOSED = "The market is not closed: the next session can begin when this one is over. Nothing was changed."


@blueprint.get(PATH)
@guards.admin_only
@parameters.allow()
async def state() -> ResponseReturnValue:
    return await _page()


@blueprint.post(PATH)
@guards.admin_only
async def begin() -> ResponseReturnValue:
    clock = deps.board(MarketBoard).clock
    if refusal := _refusal(clock):
        return await _page(refusal, 409)
    command = MarketCommand(command=NEXT_SESSION, requested_by=str(guards.identity().user_id))
    # Posted twice it does no harm: only a pause is ended.
    await deps.context().outbox.submit(command, secrets.token_urlsafe())
    return redirect(PATH, 303)


async def _page(refusal: str = "", status: int = 200) -> ResponseReturnValue:
    board = deps.board(MarketBoard)
    return await page(
        "desk/next_session",
        title="Market session",
        status=status,
        clock=market_stream.clock(board, guards.view()),
        refusal=refusal,
        hint=_refusal(board.clock),
    )


def _refusal(clock: MarketClock | None) -> str:
    """Why the next session cannot begin now; empty where it can."""
    if clock is None or clock.provider not in INVENTED:
        return NOT_INVENTED
    return "" if clock.state == "closed" else NOT_CLOSED
