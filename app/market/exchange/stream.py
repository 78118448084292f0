"""The topic of the exchange's hours."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from markupsafe import Markup

from app.finance.clock import MarketClock
from app.live.topics import Topic, TopicFamily
from app.market.board import MarketBoard
from app.market.exchange import partials
from app.market.exchange.status import day_line, status
from app.push import Push

HOURS = Topic("hours")
PUSH_SECONDS = 60.0
"""Least wall seconds between two pushes of a countdown; a phase that begins is pushed at once."""


class HoursBoard:
    """What readers were last sent."""

    def __init__(self) -> None:
        self._words: tuple[str, str] | None = None
        self._pushed_at = 0.0

    def take_change(self, at: float, now: float) -> bool:
        """Whether to push now. `at`: market time; `now`: wall time; both UTC epoch seconds."""
        current = status(at)
        words = current.word, current.day.isoformat()
        if words == self._words and now - self._pushed_at < PUSH_SECONDS:
            return False
        self._words, self._pushed_at = words, now
        return True


def topics(board: MarketBoard) -> tuple[TopicFamily, ...]:
    return (TopicFamily(HOURS, "state", partial(snapshot, board=board), whole=True),)


def on_clock(
    _clock: MarketClock, board: MarketBoard, hours_board: HoursBoard, has_subscribers: Callable[[str], bool]
) -> Iterator[Push]:
    now = time.time()
    if has_subscribers(HOURS) and hours_board.take_change(market_time(board, now), now):
        yield _push(board)


async def snapshot(_topic: str, board: MarketBoard) -> list[Push]:
    return [_push(board)]


def hours(board: MarketBoard) -> Markup:
    """As they are at this moment."""
    current = status(market_time(board, time.time()))
    return partials.hours(current, day_line(current))


def market_time(board: MarketBoard, now: float) -> float:
    """`now` where no feed says what time it is; UTC epoch seconds."""
    current = board.market_time(now)
    return current.at if current else now


def _push(board: MarketBoard) -> Push:
    """Drawn as it is when it goes out."""
    return Push(HOURS, "hours", "replace", lambda _view: hours(board))
