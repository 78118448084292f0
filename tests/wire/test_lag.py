"""The lag of a subscriber is measured, and a backlog delays no other task."""

import asyncio
import time

import pytest
from redis.asyncio import Redis

from app.wire.pubsub import lag
from app.wire.pubsub.subscriber import Subscriber
from tests.support.channel_messages import Listener, listening, publish
from tests.wire.conftest import cancel_tasks, eventually


async def test_a_backlog_is_measured_by_the_answer_to_a_ping(
    redis_url: str, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis answers a ping behind what it had to send before, and nobody needs a right for that."""
    monkeypatch.setattr(lag, "ASK_SECONDS", 0.01)
    handled = 0

    async def handle(_label: str, _payload: bytes, _at: float) -> None:
        nonlocal handled
        await asyncio.sleep(0.02)
        handled += 1

    link = Subscriber(redis_url, {"one": "first"}, handle)
    running = asyncio.create_task(link.run())
    await eventually(lambda: link.stats.connected)
    for _ in range(50):
        await client.publish("one", b"x")
    await eventually(lambda: link.stats.lag > 0.4)
    await eventually(lambda: handled == 50 and link.stats.lag < 0.4)
    await cancel_tasks(running)


async def test_a_backlog_of_large_messages_delays_no_other_task(redis_url: str, client: Redis) -> None:
    """Each takes 5 ms of work, as a batch of some hundred ticks does: others get a turn between them."""
    handled: list[int] = []
    turns = 0

    async def handle(_label: str, _payload: bytes, _at: float) -> None:
        until = time.perf_counter() + 0.005
        while time.perf_counter() < until:
            pass
        handled.append(turns)

    async def wait_for_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    link = Subscriber(redis_url, {"one": "first"}, handle)
    tasks = [asyncio.create_task(work) for work in (link.run(), wait_for_turns())]
    await eventually(lambda: link.stats.connected)
    await asyncio.gather(*(client.publish("one", b"x") for _ in range(40)))
    await eventually(lambda: len(handled) == 40)
    await cancel_tasks(*tasks)

    assert all(later > earlier for earlier, later in zip(handled, handled[3:], strict=False))


async def test_a_delayed_message_counts_as_lag(redis_url: str) -> None:
    listener = Listener()
    async with listening(redis_url, listener) as link:
        listener.may.clear()
        await publish(redis_url, "one", b"held")
        await eventually(lambda: link.stats.lag > 0.4)
        listener.may.set()
        await eventually(lambda: listener.has(b"held") and link.stats.lag < 0.4)
