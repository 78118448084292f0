"""A cancelled subscriber ends, whatever it is doing."""

import asyncio
import random
import time

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import ResponseError

from app.wire.pubsub.connection import PubSubConnection, heed_cancellation
from app.wire.pubsub.subscriber import Subscriber
from tests.wire.conftest import Server, cancel_tasks

MANY = 200


async def test_two_hundred_subscribers_that_are_cancelled_once_at_random_moments_all_end(
    server: Server, client: Redis
) -> None:
    """While messages pour in, their handling asks Redis, and links are cut under them."""

    async def on_message(_label: int, _payload: bytes, _arrived_at: float) -> None:
        await client.incr("heard")

    chance = random.Random(7)
    tasks = [asyncio.create_task(Subscriber(server.url, {"one": 1}, on_message).run()) for _ in range(MANY)]
    cancellations = asyncio.create_task(_pour(server, chance))

    for task in tasks:
        await asyncio.sleep(chance.uniform(0.0, 0.02))
        task.cancel()
    _, left = await asyncio.wait(tasks, timeout=10)
    await cancel_tasks(cancellations)

    assert not left
    assert all(task.cancelled() for task in tasks)
    assert int(await client.get("heard") or 0) > 0


async def _pour(server: Server, chance: random.Random) -> None:
    line = PubSubConnection(server.url)
    await line.open()
    while True:
        await line.ask(*[("PUBLISH", "one", "x")] * 3)
        if chance.random() < 0.1:
            await line.ask(("CLIENT", "KILL", "TYPE", "pubsub"))
        await asyncio.sleep(chance.uniform(0.0, 0.02))


async def test_a_swallowed_cancellation_takes_effect_at_the_next_iteration() -> None:
    turns = 0

    async def stubborn() -> None:
        nonlocal turns
        while True:
            heed_cancellation()
            turns += 1
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=5)

    assert task.cancelled()
    assert turns == 1


async def test_a_connection_answers_in_order_and_reports_a_time_out(redis_url: str) -> None:
    line = PubSubConnection(redis_url)
    await line.open()

    assert await line.ask(("SET", "a", "1"), ("GET", "a")) == [b"OK", b"1"]
    began = time.monotonic()
    assert await line.read(0.05) is None
    assert time.monotonic() - began < 5
    with pytest.raises(ResponseError):
        await line.ask(("NO SUCH COMMAND",))
    await line.close()


async def test_a_broken_connection_does_not_reconnect_by_itself(redis_url: str, client: Redis) -> None:
    """A connection that the library makes anew has no subscriptions, and nothing would tell."""
    line = PubSubConnection(redis_url)
    await line.open()
    (name,) = await line.ask(("CLIENT", "ID"))
    await client.client_kill_filter(_id=str(name))

    with pytest.raises(Disconnected):
        await line.read(5)
    await line.close()
    with pytest.raises(Disconnected):
        await line.send(("PING",))
