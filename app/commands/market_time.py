"""The current market time for commands: by the feed's clock or by wall time."""

import time
from collections.abc import Callable

from app import wire
from app.commands import addresses
from app.finance.clock import MarketClock
from app.settings.load import Settings
from app.wire.client import close, connect
from app.wire.state import market_clock

PAST = {"invented", "replay", "synthetic"}
"""Providers with a market time of their own."""
APART = 86_400.0
"""Difference in seconds between market time and wall time from which the feed is a replay."""


async def now(settings: Settings, wall: Callable[[], float] = time.time) -> float | None:
    """None if a feed of ours has its own time and is not running."""
    clock = await _published_clock(settings)
    if clock is None:
        return None if settings.ingest.provider in PAST else wall()
    # A live feed that died announces nothing, while the market goes on.
    return wall() if abs(clock.wall_time - clock.market_time) < APART else clock.now(wall())


async def _published_clock(settings: Settings) -> MarketClock | None:
    url = (
        addresses.configured_addresses(settings).redis
        or (addresses.running_addresses(settings.data_dir) or addresses.Addresses()).redis
    )
    if url is None:
        return None
    client = connect(url)
    try:
        return await market_clock.read(client)
    except wire.RedisUnavailable:
        return None
    finally:
        await close(client)
