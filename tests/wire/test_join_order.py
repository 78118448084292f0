"""A process that joins appends nothing before those that received more are done, without a deadlock."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from app.wire.channels import JOINS_CHANNEL
from app.wire.client import close, connect
from app.wire.pubsub.join_order import JoinOrder
from app.wire.pubsub.subscriber import Subscriber
from tests.wire.conftest import cancel_tasks, eventually


class Process:
    """Logs what it hears, in order, into a list that all share."""

    def __init__(self, url: str, redis: Redis, log: list[bytes], wait_seconds: float = 10.0) -> None:
        self.log = log
        self.may = asyncio.Event()
        self.may.set()
        self.order = JoinOrder(redis, wait_seconds)
        self.link = Subscriber(url, {"one": 1}, self._on_message, order=self.order)
        self.running = asyncio.create_task(self.link.run())

    async def _on_message(self, _label: int, payload: bytes, _arrived_at: float) -> None:
        async with self.order:
            await self.may.wait()
            if payload not in self.log:
                self.log.append(payload)


Begin = Callable[..., Process]


@pytest.fixture
async def begin(redis_url: str) -> AsyncIterator[Begin]:
    redis, log, subscriber = connect(redis_url), list[bytes](), list[Process]()

    def one(wait_seconds: float = 10.0) -> Process:
        subscriber.append(Process(redis_url, redis, log, wait_seconds))
        return subscriber[-1]

    yield one
    await cancel_tasks(*(process.running for process in subscriber))
    await close(redis)


async def listening(*processes: Process) -> None:
    await eventually(lambda: all(process.link.stats.connected for process in processes))


async def test_a_single_process_joins_without_waiting(begin: Begin, client: Redis) -> None:
    alone = begin()
    await listening(alone)

    await client.publish("one", "a")
    await eventually(lambda: alone.log == [b"a"])

    assert alone.order.joins == (0, 0, 0.0)


async def test_a_joining_process_waits_for_events_that_another_is_appending(begin: Begin, client: Redis) -> None:
    first = begin()
    await listening(first)
    first.may.clear()
    await client.publish("one", "a")
    second = begin()
    await listening(second)
    await client.publish("one", "b")
    await eventually(lambda: second.order.joins.longest > 0)
    assert first.log == []

    first.may.set()
    await eventually(lambda: len(first.log) == 2)

    assert first.log == [b"a", b"b"]
    assert (second.order.joins.times, second.order.joins.unanswered) == (1, 0)


async def test_one_answer_is_enough(begin: Begin, client: Redis) -> None:
    first, other = begin(), begin()
    await listening(first, other)
    first.may.clear()
    await client.publish("one", "a")
    second = begin()
    await listening(second)
    await client.publish("one", "b")

    await eventually(lambda: second.log == [b"a", b"b"])

    assert second.order.joins.unanswered == 0


async def test_a_joining_process_answers_the_next_one_only_after_it_has_joined(begin: Begin, client: Redis) -> None:
    """What it holds back is older than what the next one heard."""
    first = begin()
    await listening(first)
    first.may.clear()
    await client.publish("one", "a")
    second = begin()
    await listening(second)
    await client.publish("one", "b")
    third = begin()
    await listening(third)
    await client.publish("one", "c")
    await eventually(lambda: second.order.joins.longest > 0 and third.order.joins.longest > 0)

    first.may.set()
    await eventually(lambda: len(first.log) == 3)

    assert first.log == [b"a", b"b", b"c"]


async def test_processes_that_join_together_answer_each_other(begin: Begin, client: Redis) -> None:
    processes = [begin() for _ in range(12)]
    for number in range(50):
        await client.publish("one", str(number))
        await asyncio.sleep(0.001)
    await listening(*processes)
    await client.publish("one", "last")

    await eventually(lambda: processes[0].log[-1:] == [b"last"], 8)

    orders = [int(each) for each in processes[0].log[:-1]]
    assert orders == sorted(set(orders))
    assert sum(process.order.joins.unanswered for process in processes) == 0


@pytest.mark.parametrize("deadline", [0.2, 0.0], ids=["waits", "is over before there is anything to log"])
async def test_a_hanging_process_delays_a_join_only_to_its_deadline(
    begin: Begin, client: Redis, deadline: float
) -> None:
    first = begin()
    await listening(first)
    first.may.clear()
    await client.publish("one", "a")
    second = begin(deadline)
    await listening(second)

    await client.publish("one", "b")
    await eventually(lambda: second.log == [b"b"])

    assert second.order.joins.unanswered == 1
    first.may.set()
    await eventually(lambda: second.log == [b"b", b"a"])


async def test_a_process_joins_again_after_a_gap(begin: Begin, client: Redis) -> None:
    first, second = begin(), begin()
    await listening(first, second)

    await client.client_kill_filter(_type="pubsub")
    await eventually(lambda: first.link.stats.gaps == second.link.stats.gaps == 1)
    await listening(first, second)

    assert first.order.joins.times + second.order.joins.times == 2
    await client.publish("one", "a")
    await eventually(lambda: first.log == [b"a"])


async def test_a_malformed_marker_is_ignored(begin: Begin, client: Redis) -> None:
    alone = begin()
    await listening(alone)

    await client.publish(JOINS_CHANNEL, b"\xff" * 1000)
    await client.publish("one", "a")
    await eventually(lambda: alone.log == [b"a"])

    assert alone.link.stats.failed == 0
    assert set(alone.link.stats.channels) == {"one"}
