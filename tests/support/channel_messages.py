"""A subscriber that records messages, and a publisher for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.wire.client import close, connect
from app.wire.pubsub.subscriber import Subscriber
from tests.wire.conftest import eventually


class Listener:
    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.may = asyncio.Event()
        self.may.set()

    async def on_message(self, label: str, payload: bytes, _arrived_at: float) -> None:
        await self.may.wait()
        self.messages.append((label, payload))
        if payload == b"poison":
            raise ValueError("poison")
        if payload == b"slow":
            await asyncio.sleep(60)

    def has(self, payload: bytes) -> bool:
        return payload in {message for _, message in self.messages}


@asynccontextmanager
async def listening(url: str, listener: Listener) -> AsyncIterator[Subscriber[str]]:
    link = Subscriber(url, {"one": "first", "two": "second"}, listener.on_message)
    task = asyncio.create_task(link.run())
    try:
        await eventually(lambda: link.stats.connected)
        yield link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def publish(url: str, channel: str, payload: bytes) -> None:
    client = connect(url)
    await client.publish(channel, payload)
    await close(client)
