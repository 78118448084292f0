"""JSON API of the market: clock, status of feed, engine, Redis, database and jobs; movers and breadth."""

import time
from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Blueprint

from app import deps
from app.finance.clock import State
from app.identity import Scope
from app.market.board import MarketBoard
from app.market.breadth.counts import BreadthCount
from app.market.condition import ConditionKind
from app.market.movers.document import percent, ranked_movers
from app.market.movers.ranking import MOST_PRICE, MOST_ROWS, MOST_VOLUME, USUAL_FLOOR, Floor, Mover
from app.market.overview.board import OverviewBoard
from app.market.sectors.groups import GroupFigures
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


class MoversParameters(msgspec.Struct, frozen=True):
    min_price: Annotated[float, Meta(ge=0, le=MOST_PRICE)] = USUAL_FLOOR.price
    min_volume: Annotated[int, Meta(ge=0, le=MOST_VOLUME)] = USUAL_FLOOR.volume
    limit: Annotated[int, Meta(ge=1, le=MOST_ROWS, description="Of each list.")] = 10


class MarketMover(msgspec.Struct, frozen=True):
    """`change`: since the previous close, in percent. `volume`: of the session's regular hours so far.
    `relative_volume`: that against the mean of the 20 whole days before. Null where it is unknown."""

    symbol: str
    name: str
    currency: str
    last: float
    change: float | None
    volume: int
    relative_volume: float | None


class MarketMovers(msgspec.Struct, frozen=True):
    """Symbols of the running session, or of the last one, at or above the floor of price and volume."""

    session: date | None
    gainers: list[MarketMover]
    losers: list[MarketMover]
    active: list[MarketMover]
    unusual: list[MarketMover]


class BreadthFigure(msgspec.Struct, frozen=True):
    """`of`: symbols of which it is known whether they count. `rule`: of a scan for those that do."""

    key: str
    label: str
    count: int
    of: int
    rule: str


class MarketGroup(msgspec.Struct, frozen=True):
    """A sector or a universe. `change`: the mean of its symbols, in percent."""

    name: str
    symbols: int
    change: float | None
    advancing: int
    declining: int


class MarketBreadth(msgspec.Struct, frozen=True):
    """Of all symbols that traded in the running session, or in the last one. Symbols without a sector are one with an
    empty name."""

    session: date | None
    symbols: int
    breadth: list[BreadthFigure]
    stages: list[BreadthFigure]
    sectors: list[MarketGroup]
    universes: list[MarketGroup]


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


@blueprint.get("/market/movers")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(MarketMovers, MoversParameters)
async def movers(parameters: MoversParameters) -> MarketMovers:
    """Gainers, losers, most active symbols, and those with unusual volume."""
    board = deps.board(OverviewBoard)
    await board.refresh()
    overview, floor = board.current(), Floor(parameters.min_price, parameters.min_volume)
    lists = ranked_movers(overview, floor, parameters.limit)
    return MarketMovers(overview.figures.session, **{key: list(map(_mover, own)) for key, own in lists.items()})


@blueprint.get("/market/breadth")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(MarketBreadth)
async def breadth(_parameters: api.NoParameters) -> MarketBreadth:
    """How many symbols advance and decline, stand at extremes and above their means, and the same of sectors."""
    board = deps.board(OverviewBoard)
    await board.refresh()
    overview = board.current()
    return MarketBreadth(
        overview.figures.session,
        len(overview.figures),
        list(map(_figure, overview.breadth)),
        list(map(_figure, overview.stages)),
        list(map(_group, overview.sectors)),
        list(map(_group, overview.universes)),
    )


def _mover(mover: Mover) -> MarketMover:
    quote, instrument = mover.quote, mover.quote.instrument
    relative = None if mover.relative_volume is None else round(mover.relative_volume, 4)
    change = percent(mover.fraction)
    return MarketMover(quote.symbol, instrument.name, instrument.currency, quote.price, change, quote.volume, relative)


def _figure(count: BreadthCount) -> BreadthFigure:
    return BreadthFigure(count.measure.key, count.measure.label, count.symbols, count.of, count.measure.rule)


def _group(group: GroupFigures) -> MarketGroup:
    return MarketGroup(group.name, group.symbols, percent(group.change), group.advancing, group.declining)
