"""The ingest process: publishes one provider's ticks to Redis until it is stopped."""

import asyncio
import signal
from collections.abc import Callable
from importlib import import_module

from app.ingest.feed import Feed
from app.ingest.market_commands import MarketCommands
from app.ingest.provider import Provider
from app.settings.load import Settings
from app.settings.sections import PROVIDERS
from app.wire.channels import Channels
from app.wire.ticks.retention import Retention

STOP_SECONDS = 1.5
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
    section = settings.ingest
    retention = Retention(section.keep_minutes, section.keep_megabytes)
    provider = create_provider(settings)
    commands = MarketCommands(redis_url, provider)
    feed = Feed(provider, redis_url, Channels(**settings.channels()), section.also_to, retention)
    commands.start()
    feed_task = asyncio.create_task(feed.run(ready, stop))
    stop_task = asyncio.create_task(stop.wait())
    await asyncio.wait({feed_task, stop_task}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({feed_task}, timeout=STOP_SECONDS)
    stop_task.cancel()
    await commands.stop(CANCEL_SECONDS)
    while not feed_task.done():
        # Repeated, because up to Python 3.11 asyncio.wait_for, which redis uses, can lose a cancellation.
        feed_task.cancel()
        await asyncio.wait({feed_task}, timeout=CANCEL_SECONDS)
    if not feed_task.cancelled():
        feed_task.result()
    await feed.close()


def create_provider(settings: Settings) -> Provider:
    """Imports only the configured provider's module."""
    module = import_module(PROVIDERS[settings.ingest.provider])
    provider: Provider = module.provider(settings)
    return provider
