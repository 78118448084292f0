"""An administrator begins the next session of an invented market by a form."""

import json
import time

from app.finance.clock import MarketClock, State
from app.market.board import MarketBoard
from app.wire.channels import JOBS_MARKET
from app.wire.state import market_clock
from tests.pipeline.conftest import Desk
from tests.support.waiting import until


async def announce(desk: Desk, provider: str, state: State) -> None:
    now = time.time()
    clock = MarketClock(provider, "a market", "2025-12-02", now - 8e6, now, 10.0, state)
    await market_clock.announce(desk.redis, clock)
    board = desk.context.boards[MarketBoard]
    assert isinstance(board, MarketBoard)
    await until(lambda: board.clock is not None and (board.clock.provider, board.clock.state) == (provider, state))


async def test_the_command_is_sent_once_the_market_is_closed_and_refused_before(desk: Desk) -> None:
    listener = desk.redis.pubsub()
    await listener.subscribe(JOBS_MARKET)
    async with desk.client() as client:
        await announce(desk, "replay", "closed")
        other = await client.post("/market/session")
        await announce(desk, "invented", "open")
        early, before = await client.post("/market/session"), await client.get("/market/session")
        await announce(desk, "invented", "closed")
        done, after = await client.post("/market/session"), await client.get("/market/session")

    assert (other.status_code, "This market is not invented" in other.text) == (409, True)
    assert (early.status_code, "The market is not closed" in early.text) == (409, True)
    assert "It cannot begin now." in before.text
    assert (done.status_code, done.headers["Location"]) == (303, "/market/session")
    assert "It cannot begin now." not in after.text
    commands = []
    while message := await listener.get_message(timeout=0.5):
        if message["type"] == "message":
            commands.append(json.loads(message["data"])["command"])
    await listener.aclose()
    assert commands == ["NEXT_SESSION"]
