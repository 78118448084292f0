"""What changes in the status strip."""

import time
from collections.abc import Iterator

from app.db.pools import Pools
from app.finance.clock import MarketClock
from app.identity import View
from app.live import topics
from app.market import partials, runs
from app.market.board import Board
from app.market.lamps import Lamp
from app.push import Push
from app.vitals import Vitals
from app.wire.events import Processing, Run


def on_vitals(vitals: Vitals, board: Board) -> Iterator[Push]:
    yield from map(_lamp, board.hear(vitals))


def on_clock(clock: MarketClock, board: Board) -> Iterator[Push]:
    news, changed = board.tell(clock)
    if news:
        yield _clock(clock)
    yield from map(_lamp, changed)


def on_processing(event: Processing | Run, board: Board) -> Iterator[Push]:
    yield from map(_lamp, board.process(runs.run(event)))


async def snapshot(topic: str, pools: Pools, board: Board) -> list[Push]:
    lamps = list(map(_lamp, board.lamps()))
    return [_clock(board.clock), *lamps] if board.clock else lamps


def notice(missed: int | None, topic: str) -> Push:
    """To readers who come back to a log that no longer reaches as far as they had read."""
    return Push(topic, "notice", "replace", lambda _view: partials.notice(missed))


def gap(topic: str) -> Push:
    """To readers of a log whose bringer did not hear for a while: nobody knows whether there was anything to hear."""
    return Push(topic, "notice", "replace", lambda _view: partials.gap())


def _clock(clock: MarketClock) -> Push:
    def draw(view: View) -> str:
        return partials.clock(clock, clock.now(time.time()), view)

    return Push(topics.STATUS, "clock", "replace", draw)


def _lamp(lamp: Lamp) -> Push:
    return Push(topics.STATUS, lamp.key, "replace", lambda _view: partials.lamp(lamp))
