"""How the market and this desk stand, for programs."""

import time
from datetime import datetime

import msgspec
from quart import Blueprint

from app import deps
from app.finance.clock import MarketClock, State
from app.identity import Scope
from app.market.board import Board
from app.market.lamps import Tone
from app.web import api, guards

blueprint = Blueprint("market_api", __name__, url_prefix=api.ROOT)


class Clock(msgspec.Struct, frozen=True):
    """Of the feed: `time` is market time at this moment, which runs `speed` times as fast as the wall's."""

    provider: str
    label: str
    session: str
    state: State
    speed: float
    time: datetime | None


class Part(msgspec.Struct, frozen=True):
    """`seconds`: for how long it has been so, where that is known."""

    key: str
    name: str
    word: str
    tone: Tone
    seconds: float | None


class Market(msgspec.Struct, frozen=True):
    """`clock` null: no feed has announced itself."""

    clock: Clock | None
    parts: list[Part]


@blueprint.get("/market")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Market)
async def market(_asked: api.Nothing) -> Market:
    """The market's clock, and whether feed, engine, Redis, database and jobs are well."""
    clock = deps.clock()
    parts = [Part(lamp.key, lamp.name, lamp.word, lamp.tone, lamp.seconds) for lamp in deps.board(Board).lamps()]
    return Market(_clock(clock) if clock else None, parts)


def _clock(clock: MarketClock) -> Clock:
    now = api.moment(clock.now(time.time()))
    return Clock(clock.provider, clock.label, clock.session, clock.state, clock.speed, now)
