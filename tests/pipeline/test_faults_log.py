"""Through faults of Redis and of processes every received event is in the log once, in order; the rest is a gap."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
from redis.asyncio import Redis

from app.pipeline.receiver import Receiver
from app.wire.channels import Channels, Meaning
from app.wire.client import close, connect
from app.wire.events.event import AnyEvent, PatternDetected
from app.wire.log.log import BEGINNING, Log, RangeGap, StreamPosition
from app.wire.pubsub.join_order import JoinOrder
from app.wire.pubsub.publisher import Publisher
from app.wire.pubsub.subscriber import Subscriber
from tests.pipeline.conftest import Own
from tests.support.stream_events import MARKET, doji
from tests.support.waiting import until


class RecordingProcess(NamedTuple):
    link: Subscriber[Meaning]
    log: Log
    publisher: Publisher
    redis: Redis

    async def publish(self, *numbers: int) -> None:
        for number in numbers:
            assert await self.publisher.publish(doji(number)) >= 1

    async def logged(self, count: int) -> list[int]:
        return await all_logged(self.log, count)


@asynccontextmanager
async def listening(url: str, gaps: list[float] | None = None) -> AsyncIterator[RecordingProcess]:
    """A web process' way in, in this process."""
    redis, gap_times = connect(url), gaps if gaps is not None else []
    log = Log(redis, url)
    order = JoinOrder(redis)
    intake = Receiver(log.append_once, list[AnyEvent]().append, order)
    link = Subscriber(url, Channels().meanings(), intake.on_message, lambda: gap_times.append(time.time()), order)
    running = asyncio.create_task(link.run())
    try:
        await until(lambda: link.stats.connected)
        yield RecordingProcess(link, log, Publisher(redis, Channels()), redis)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await close(redis)


async def logged_numbers(log: Log) -> list[int]:
    """The numbers of all detections in the log, as they stand there."""
    entries = await log.since(BEGINNING, await log.top())
    assert not isinstance(entries, RangeGap)
    events = [entry.event for entry in entries if isinstance(entry.event, PatternDetected)]
    assert len(events) == len(entries)
    return [round((event.at - MARKET) / 60) for event in events]


async def listener(url: str, *options: str) -> Process:
    program = (sys.executable, "-m", "tests.support.log_listener", url, *options)
    process = await asyncio.create_subprocess_exec(*program, stdout=PIPE)
    await wait_for_line(process, b"listening")
    return process


async def wait_for_line(process: Process, word: bytes) -> None:
    assert process.stdout
    async with asyncio.timeout(30):
        while (line := await process.stdout.readline()).strip() != word:
            assert line, "it ended"


@asynccontextmanager
async def listeners(url: str, count: int) -> AsyncIterator[list[Process]]:
    processes = list(await asyncio.gather(*(listener(url) for _ in range(count))))
    try:
        yield processes
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


@pytest.mark.parametrize("count", [2, 3])
async def test_killing_one_of_several_processes_leaves_every_entry_in_the_log_once(redis_url: str, count: int) -> None:
    redis = connect(redis_url)
    log, publisher = Log(redis, redis_url), Publisher(redis, Channels())
    async with listeners(redis_url, count) as processes:
        for number in range(400):
            assert await publisher.publish(doji(number)) >= 1
            if number == 200:
                processes[0].kill()
            if number % 20 == 0:
                # What a kill takes with it has to be more than what was read so far.
                await asyncio.sleep(0.005)
        await until(lambda: processes[0].returncode is not None)
        assert await all_logged(log, 400) == list(range(400))
    await close(redis)


async def test_a_process_with_a_broken_connection_reports_a_gap_and_the_other_completes_the_log(redis_url: str) -> None:
    redis = connect(redis_url)
    log, publisher = Log(redis, redis_url), Publisher(redis, Channels())
    async with listeners(redis_url, 2) as processes:
        first = min(int(link["id"]) for link in await redis.client_list(_type="pubsub"))
        for number in range(200):
            await publisher.publish(doji(number))
            if number == 100:
                await redis.client_kill_filter(_id=str(first))
        assert await all_logged(log, 200) == list(range(200))
        waits = [asyncio.create_task(wait_for_line(process, b"gap")) for process in processes]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        assert [task.done() for task in waits].count(True) == 1
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    await close(redis)


async def test_a_joining_process_waits_for_pending_appends_of_the_others(redis_url: str) -> None:
    redis = connect(redis_url)
    log, publisher = Log(redis, redis_url), Publisher(redis, Channels())
    async with listeners(redis_url, 2) as processes:
        await publish_dojis(publisher, range(50))
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        await publish_dojis(publisher, range(50, 150))
        joined = await listener(redis_url, "60")
        await publish_dojis(publisher, range(150, 250))
        await asyncio.sleep(2.5)
        assert (await log.top()).n < 149
        processes[1].send_signal(signal.SIGCONT)

        # The other one never goes on, and is not needed.
        assert await all_logged(log, 250) == list(range(250))
        joined.kill()
        await joined.wait()
    await close(redis)


async def test_processes_that_join_together_keep_the_order(redis_url: str) -> None:
    redis = connect(redis_url)
    log, publisher = Log(redis, redis_url), Publisher(redis, Channels())
    publishing = asyncio.Event()

    async def publish() -> int:
        number = 0
        while not publishing.is_set():
            await publisher.publish(doji(number))
            number += 1
            await asyncio.sleep(0.002)
        return number

    async with listeners(redis_url, 1):
        publisher_task = asyncio.create_task(publish())
        async with listeners(redis_url, 3):
            await redis.client_kill_filter(_type="pubsub")
            await all_hear(redis, 4)
            await asyncio.sleep(0.2)
            publishing.set()
            count = await publisher_task

            # What fell in the moment when nobody listened is missing; the rest is in order, once.
            async with asyncio.timeout(30):
                while (numbers := await logged_numbers(log))[-1:] != [count - 1]:
                    await asyncio.sleep(0.02)
            assert numbers == sorted(set(numbers))
            assert len(numbers) > count // 2
    await close(redis)


async def test_a_hanging_process_delays_a_join_only_to_its_deadline(redis_url: str) -> None:
    redis = connect(redis_url)
    log, publisher = Log(redis, redis_url), Publisher(redis, Channels())
    async with listeners(redis_url, 1) as processes:
        processes[0].send_signal(signal.SIGSTOP)
        await publish_dojis(publisher, range(10))
        joined = await listener(redis_url, "0.5")
        await publish_dojis(publisher, range(10, 20))
        assert await all_logged(log, 10) == list(range(10, 20))

        processes[0].send_signal(signal.SIGCONT)
        assert sorted(await all_logged(log, 20)) == list(range(20))
        joined.kill()
        await joined.wait()
    await close(redis)


async def all_hear(redis: Redis, count: int) -> None:
    async with asyncio.timeout(30):
        while len(await redis.client_list(_type="pubsub")) < count:
            await asyncio.sleep(0.01)


async def publish_dojis(publisher: Publisher, numbers: Iterable[int]) -> None:
    for number in numbers:
        assert await publisher.publish(doji(number)) >= 1


async def all_logged(log: Log, count: int) -> list[int]:
    """Once there are so many."""
    end = time.monotonic() + 30
    while (await log.top()).n + 1 < count:
        assert time.monotonic() < end, f"{(await log.top()).n + 1} of {count} came"
        await asyncio.sleep(0.02)
    return await logged_numbers(log)


async def test_a_redis_that_hangs_for_ten_seconds_is_disconnected_and_reconnected(own: Own) -> None:
    own.start()
    gaps: list[float] = []
    quiet = Subscriber(own.url, {"quiet": Meaning.TICKS}, _ignored, lambda: gaps.append(time.time()))
    running = asyncio.create_task(quiet.run())
    async with listening(own.url) as recording:
        await until(lambda: quiet.stats.connected)
        await recording.publish(0, 1)
        async with asyncio.timeout(20):
            # Redis may answer who publishes before it tells who listens; and once it has, it is held at once.
            while sum(channel.messages for channel in recording.link.stats.channels.values()) < 2:
                await asyncio.sleep(0)
        own.send(signal.SIGSTOP)
        began = time.monotonic()
        await until(lambda: not quiet.stats.connected)
        await asyncio.sleep(max(0.0, 10.0 - (time.monotonic() - began)))
        own.send(signal.SIGCONT)

        await until(lambda: gaps and quiet.stats.connected and recording.link.stats.connected, 30)
        await recording.publish(2, 3)

        # What was heard when it fell silent could not be kept then: it is kept now.
        assert await recording.logged(4) == [0, 1, 2, 3]
        assert quiet.stats.gaps == len(gaps) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def _ignored(_meaning: Meaning, _payload: bytes, _arrived_at: float) -> None:
    return None


async def test_a_redis_that_is_restarted_keeps_the_log_and_its_epoch(own: Own) -> None:
    own.start()
    gaps: list[float] = []
    async with listening(own.url, gaps) as recording:
        await recording.publish(*range(20))
        await recording.logged(20)
        before = await recording.log.top()

        own.stop()
        await until(lambda: not recording.link.stats.connected)
        own.start()
        await until(lambda: gaps)
        await recording.publish(*range(18, 30))

        assert await recording.logged(30) == list(range(30))
        assert await recording.log.top() == StreamPosition(before.epoch, 29)


async def test_a_subscriber_disconnected_by_redis_for_slowness_reports_a_gap(own: Own) -> None:
    own.start()
    released, payloads = asyncio.Event(), list[bytes]()
    gaps: list[float] = []

    async def slowly(_meaning: Meaning, payload: bytes, _arrived_at: float) -> None:
        payloads.append(payload)
        await released.wait()

    redis = connect(own.url)
    await redis.config_set("client-output-buffer-limit", "pubsub 256kb 128kb 1")
    link = Subscriber(own.url, {"one": Meaning.PATTERNS}, slowly, lambda: gaps.append(time.time()))
    running = asyncio.create_task(link.run())
    await until(lambda: link.stats.connected)

    number = 0
    while await redis.publish("one", b"x" * 4000 + str(number).encode()):
        number += 1
        assert number < 2000, "nobody was thrown out"
    released.set()

    await until(lambda: gaps)
    assert await redis.publish("one", b"after") == 1
    await until(lambda: payloads[-1] == b"after")
    assert link.stats.gaps == len(gaps) == 1
    assert len(payloads) < number
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await close(redis)
