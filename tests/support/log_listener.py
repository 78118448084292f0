"""The log of a web process in a process of its own: subscribes, appends, and prints "gap" when it missed messages."""

import asyncio
import sys

from app.pipeline.receiver import Receiver
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events.event import AnyEvent
from app.wire.log.log import Log
from app.wire.pubsub.join_order import WAIT_SECONDS, JoinOrder
from app.wire.pubsub.subscriber import Subscriber


def print_line(word: str) -> None:
    print(word, flush=True)


def ignore(_event: AnyEvent) -> None:
    """Ignores events that are not logged."""


async def listen(url: str, wait_seconds: float) -> None:
    redis = connect(url)
    order = JoinOrder(redis, wait_seconds)
    intake = Receiver(Log(redis, url).append_once, ignore, order)
    subscriber = Subscriber(url, Channels().meanings(), intake.on_message, lambda: print_line("gap"), order)
    running = asyncio.create_task(subscriber.run())
    while not subscriber.stats.connected:
        await asyncio.sleep(0.01)
    print_line("listening")
    await running


if __name__ == "__main__":
    asyncio.run(listen(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else WAIT_SECONDS))
