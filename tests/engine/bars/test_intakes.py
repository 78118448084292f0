"""Ticks are counted once, from the stream or from the contract's channel, whoever publishes them."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
from redis.asyncio import Redis

from app.engine.bars import channel_intake, stream_intake
from app.engine.bars import tick_intake as intake_module
from app.engine.bars.channel_intake import ChannelIntake
from app.engine.bars.stream_intake import StreamIntake
from app.engine.bars.tick_intake import TickIntake
from app.engine.storage.store import Store
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.wire.channels import TICKS_KEY, Channels
from app.wire.codec.codec import encode
from app.wire.events.event import Tick
from app.wire.pubsub.publisher import Publisher
from app.wire.state import feed_position
from app.wire.ticks.reader import BEGINNING, Checkpoint, MinuteOffset, TickReader
from tests.support.engine_ticks import OPENS, bars, gaps, intake_and_store, tick
from tests.support.running_engine import eventually
from tests.wire.conftest import cancel_tasks

NAME = Channels().ticks


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_intake, "STREAM_IDLE_SECONDS", 0.3)
    monkeypatch.setattr(channel_intake, "POLL_SECONDS", 0.02)


class Intakes(NamedTuple):
    stream: StreamIntake
    channel: ChannelIntake
    intake: TickIntake
    store: Store

    @property
    def tick_count(self) -> int:
        """None of them twice."""
        assert self.intake.duplicate_ticks == 0
        return self.intake.accepted_ticks


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Intakes]:
    intake, store = intake_and_store()
    stream = StreamIntake(url, intake)
    channel = ChannelIntake(url, Channels(), stream, intake)
    await stream.resume(SeriesByTimeframe())
    tasks = [asyncio.create_task(each.run()) for each in (stream, channel)]
    try:
        yield Intakes(stream, channel, intake, store)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        await cancel_tasks(*tasks)
        await stream.close()


async def write(client: Redis, *ticks: Tick) -> None:
    await Publisher(client, Channels()).publish_and_set(ticks, (), feed_position.key("test"), b"here")


async def publish(client: Redis, at: Tick) -> None:
    """As a feed that keeps nothing."""
    await client.publish(NAME, encode(at))


async def test_ticks_of_the_own_feed_are_counted_once_with_and_without_the_channel(
    redis_url: str, client: Redis
) -> None:
    async with reading(redis_url) as intakes:
        await eventually(lambda: intakes.channel.connected)
        for round_ in range(4):
            for number in range(50):
                await write(client, *(tick(OPENS + 200 * round_ + 4 * number + part) for part in range(4)))
            await eventually(lambda round_=round_: intakes.tick_count == 200 * (round_ + 1))
            # The feed is silent for a moment: its next ticks come both ways.
            await eventually(lambda: intakes.channel.connected)
        # A message that were counted too would be by now.
        await asyncio.sleep(0.2)
        assert intakes.tick_count == 800


async def test_while_the_own_feed_writes_the_stream_the_channel_is_not_subscribed(
    redis_url: str, client: Redis
) -> None:
    async with reading(redis_url) as intakes:
        await eventually(lambda: intakes.channel.connected)
        for number in range(1000):
            await write(client, tick(OPENS + number))
            if (await client.pubsub_numsub(NAME))[0][1] == 0:
                break
            await asyncio.sleep(0.01)
        else:
            pytest.fail("the engine listens on")


async def test_ticks_of_a_foreign_feed_arrive_by_the_channel(redis_url: str, client: Redis) -> None:
    async with reading(redis_url) as intakes:
        await eventually(lambda: intakes.channel.connected)
        for number in range(300):
            await publish(client, tick(OPENS + number))
        await eventually(lambda: intakes.tick_count == 300)
        await client.publish(NAME, "{}")
        await eventually(lambda: intakes.channel.rejected == 1)
        await intakes.intake.analyse_closed()

    assert len(bars(intakes.store)) == 4
    assert gaps(intakes.store) == []


async def test_of_two_feeds_the_own_counts_and_the_foreign_one_when_it_is_silent(redis_url: str, client: Redis) -> None:
    async with reading(redis_url) as intakes:
        await eventually(lambda: intakes.channel.connected)
        for number in range(100):
            await write(client, tick(OPENS + number))
            await publish(client, tick(OPENS + number, "MSFT"))
        await eventually(lambda: intakes.tick_count == 100)
        await eventually(lambda: intakes.channel.connected)
        assert intakes.intake.symbols == 1

        # What the other feed said until now came to nobody, nor all of the minute in which that ended.
        for second in (300, 359, 360):
            await publish(client, tick(OPENS + second, "MSFT"))
        await eventually(lambda: intakes.tick_count == 101)

    assert intakes.intake.late_ticks == 2
    assert gaps(intakes.store) == [(OPENS + 60, OPENS + 360)]


async def test_minutes_of_a_foreign_live_feed_are_complete_from_the_next_one_on(redis_url: str, client: Redis) -> None:
    async with reading(redis_url) as intakes:
        await eventually(lambda: intakes.channel.connected)
        now = time.time()
        minute = now // 60 * 60
        for at in (now, minute + 61, minute + 125):
            await publish(client, tick(at, "X:BTCUSD"))
        await eventually(lambda: intakes.tick_count + intakes.intake.late_ticks == 3)
        await intakes.intake.analyse_closed()

    assert [bar.start - minute for bar in bars(intakes.store)] == [60.0]


async def test_without_the_right_to_read_the_stream_ticks_arrive_by_the_channel(
    redis_url: str, client: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    may = f"&{NAME} -@all +@connection -client +client|setname +subscribe +unsubscribe"
    await client.execute_command(f"ACL SETUSER reader reset on >x {may}")
    caplog.set_level(logging.WARNING)

    async with reading(redis_url.replace("unix://", "unix://reader:x@")) as intakes:
        await eventually(lambda: intakes.channel.connected)
        for number in range(100):
            await write(client, tick(OPENS + number))
        await eventually(lambda: intakes.tick_count == 100)
        assert intakes.stream.caught_up
        assert await intakes.stream.is_up_to_date()

    assert len([record for record in caplog.records if "kept ticks" in record.message]) == 1
    await client.execute_command("ACL DELUSER reader")


async def test_trimmed_stream_entries_are_a_gap(redis_url: str, client: Redis) -> None:
    async with reading(redis_url) as intakes:
        await write(client, *(tick(OPENS + number) for number in range(130)))
        await eventually(lambda: intakes.tick_count == 130)
        await client.incrby("ts:ticks:number", 2)
        await write(client, *(tick(OPENS + number) for number in range(400, 500)))
        await eventually(lambda: intakes.tick_count + intakes.intake.late_ticks == 230)
        await write(client, tick(OPENS + 560))
        await eventually(lambda: intakes.stream.caught_up and intakes.tick_count + intakes.intake.late_ticks == 231)
        await intakes.intake.analyse_closed()

    minutes = bars(intakes.store)
    assert [(bar.start - OPENS, bar.volume) for bar in minutes] == [(0, 60), (60, 60)]
    assert gaps(intakes.store) == [(OPENS + 120, OPENS + 540)]


@pytest.mark.parametrize("trimmed", [0, 1, 3])
async def test_a_restart_reads_from_the_oldest_mark_that_is_still_there(
    redis_url: str, client: Redis, trimmed: int
) -> None:
    ids: list[str] = [BEGINNING]
    for minute in range(5):
        await write(client, *(tick(OPENS + 60 * minute + second) for second in range(60)))
        ids.append((await client.xrevrange(TICKS_KEY, count=1))[0][0].decode())
    marks = tuple(MinuteOffset(OPENS + 60 * number, ids[number], number) for number in range(4))
    await TickReader(client).put_checkpoint(Checkpoint(OPENS + 180, marks))
    for each in ids[1 : trimmed + 1]:
        await client.xdel(TICKS_KEY, each)

    async with reading(redis_url) as intakes:
        await eventually(lambda: intakes.stream.caught_up)
        await intakes.intake.analyse_closed()

    minutes = bars(intakes.store)
    assert [(bar.start - OPENS) // 60 for bar in minutes] == list(range(trimmed, 4))
    assert {bar.volume for bar in minutes} == {60}
    assert gaps(intakes.store) == []


async def test_a_restart_after_trimming_records_the_trimmed_minutes_as_missing(redis_url: str, client: Redis) -> None:
    ids: list[str] = [BEGINNING]
    for minute in range(5):
        await write(client, *(tick(OPENS + 60 * minute + second) for second in range(60)))
        ids.append((await client.xrevrange(TICKS_KEY, count=1))[0][0].decode())
    await TickReader(client).put_checkpoint(Checkpoint(OPENS + 60, (MinuteOffset(OPENS + 60, ids[1], 1),)))
    await client.xdel(TICKS_KEY, ids[2], ids[3])

    intake, store = intake_and_store()
    intake.seed({}, OPENS + 60)
    stream = StreamIntake(redis_url, intake)
    await stream.resume(SeriesByTimeframe())
    task = asyncio.create_task(stream.run())
    await eventually(lambda: stream.caught_up)
    await write(client, tick(OPENS + 301), tick(OPENS + 361))
    await eventually(lambda: intake.accepted_ticks + intake.late_ticks == 122)
    await intake.analyse_closed()
    await cancel_tasks(task)
    await stream.close()

    assert gaps(store) == [(OPENS + 60, OPENS + 240)]
    minutes = bars(store)
    assert [(bar.start - OPENS, bar.volume) for bar in minutes] == [(240.0, 60), (300.0, 1)]


async def test_reading_pauses_while_too_many_closed_bars_wait_for_analysis(
    redis_url: str, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "MOST_CLOSED_BARS", 2)
    intake, _ = intake_and_store()
    stream = StreamIntake(redis_url, intake)
    await stream.resume(SeriesByTimeframe())
    task = asyncio.create_task(stream.run())
    for minute in range(10):
        await write(client, *(tick(OPENS + 60 * minute + second) for second in range(60)))

    async def turned() -> bool:
        await intake.analyse_closed()
        return intake.accepted_ticks == 600

    await eventually(lambda: intake.accepted_ticks == 240)
    assert not await stream.is_up_to_date()
    assert intake.accepted_ticks == 240
    assert stream.behind >= stream_intake.CATCH_UP_SECONDS
    await eventually(turned)
    assert await stream.is_up_to_date()
    assert stream.behind == 0
    await cancel_tasks(task)
    await stream.close()
