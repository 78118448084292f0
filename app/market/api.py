"""JSON API of the market clock and the status of feed, engine, Redis, database and jobs."""

import time
from datetime import datetime

import msgspec
from quart import Blueprint

from app import deps
from app.finance.clock import State
from app.identity import Scope
from app.market.board import MarketBoard
from app.market.condition import ConditionKind
from app.market.status import Tone
from app.web import api, guards

blueprint = Blueprint("market_api", __name__, url_prefix=api.ROOT)


class Clock(msgspec.Struct, frozen=True):
    """The feed's clock: `time` is the current market time; `runs` says whether it advances, `speed` times as fast as
    wall time."""

    provider: str
    label: str
    session: str
    state: State
    speed: float
    runs: bool
    time: datetime | None


class Part(msgspec.Struct, frozen=True):
    """`seconds`: how long this has been so, if known."""

    key: str
    name: str
    word: str
    tone: Tone
    seconds: float | None


class Current(msgspec.Struct, frozen=True):
    """How current the figures are: the worst of feed, Redis, engine and database. `seconds`: how long this has been so,
    or by how much prices are late, if known."""

    kind: ConditionKind
    word: str
    seconds: float | None


class Market(msgspec.Struct, frozen=True):
    """`clock` is null until a feed has announced itself."""

    condition: Current
    clock: Clock | None
    parts: list[Part]


@blueprint.get("/market")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Market)
async def market(_parameters: api.NoParameters) -> Market:
    """The market's clock, and whether feed, engine, Redis, database and jobs are well."""
    board, now = deps.board(MarketBoard), time.time()
    parts = [Part(status.key, status.name, status.word, status.tone, status.seconds) for status in board.statuses()]
    current = board.condition(now)
    return Market(Current(current.kind, current.word, current.seconds), _clock(board, now), parts)


def _clock(board: MarketBoard, now: float) -> Clock | None:
    clock, at = board.clock, board.market_time(now)
    if clock is None or at is None:
        return None
    return Clock(clock.provider, clock.label, clock.session, clock.state, clock.speed, at.runs, api.utc_datetime(at.at))
