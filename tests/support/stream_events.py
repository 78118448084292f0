"""Ticks and patterns as messages of the engine and the feed."""

import re
import time

from app.wire.events.event import PatternDetected, Tick
from app.wire.log.log import BEGINNING, StreamPosition
from tests.pipeline.conftest import Desk
from tests.support.waiting import until

MARKET = 1_346_679_000.0


def tick(symbol: str = "AAPL", price: float = 665.25, second: int = 0) -> Tick:
    return Tick(symbol=symbol, price=price, volume=100, at=MARKET + second)


def doji(number: int, symbol: str = "AAPL") -> PatternDetected:
    at = MARKET + 60 * number
    return PatternDetected(
        symbol=symbol, pattern="Doji", timeframe="1min", confidence=0.8, at=at, published_at=time.time(), price=1.0
    )


def pattern_numbers(data: str) -> list[int]:
    """The numbers of the detections in these messages, in order."""
    inserted = re.findall(r'hx-target="#feed" hx-swap="upsert[^>]*>\s*<[^>]*data-k="(\d+)"', data)
    return [int((int(at) - MARKET) / 60) for at in inserted]


async def detected(desk: Desk, numbers: range) -> StreamPosition:
    """Published, appended, and heard by the tail."""
    last_id = desk.context.hub.last_id
    expected = len(numbers) - 1 if last_id == str(BEGINNING) else int(last_id.partition("-")[2]) + len(numbers)
    for number in numbers:
        await desk.publish(doji(number))
    await until(lambda: desk.context.hub.last_id not in (last_id, str(BEGINNING)))
    await until(lambda: desk.context.hub.last_id.endswith(f"-{expected}"))
    position = StreamPosition.parse(desk.context.hub.last_id)
    assert position
    return position
