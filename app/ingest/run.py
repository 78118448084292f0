"""The ingest process: one provider, played into Redis until it is told to stop."""

import asyncio
import signal
from collections.abc import Callable
from importlib import import_module

from app.ingest.feed import Feed
from app.ingest.provider import Provider
from app.settings.load import Settings
from app.settings.sections import PROVIDERS
from app.wire.channels import Channels
from app.wire.ticks.retention import Retention

GOODBYE_SECONDS = 1.5
CANCEL_SECONDS = 0.3


def main(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    if settings.redis.url is None:
        raise SystemExit("ingest: REDIS_URL is not set")
    asyncio.run(_run(settings, settings.redis.url.get_secret_value(), ready))


async def _run(settings: Settings, redis_url: str, ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    said = settings.ingest
    retention = Retention(said.keep_minutes, said.keep_megabytes)
    feed = Feed(made(settings), redis_url, Channels(**settings.channels()), said.also_to, retention)
    playing = asyncio.create_task(feed.run(ready, stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({playing}, timeout=GOODBYE_SECONDS)
    stopping.cancel()
    while not playing.done():
        # Again if need be: up to Python 3.11 asyncio.wait_for, with which redis sends, can lose a cancellation.
        playing.cancel()
        await asyncio.wait({playing}, timeout=CANCEL_SECONDS)
    if not playing.cancelled():
        playing.result()
    await feed.close()


def made(settings: Settings) -> Provider:
    """Only the module that is asked for is imported."""
    module = import_module(PROVIDERS[settings.ingest.provider])
    provider: Provider = module.provider(settings)
    return provider
