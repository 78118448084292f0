"""A submitted job is sent once, in its turn, through every fault."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from app.wire.channels import (
    IDEMPOTENCY_PREFIX,
    JOBS_CANCEL,
    JOBS_DATA_LOAD,
    JOBS_PROCESSING,
    OUTBOX_JOB_PREFIX,
    OUTBOX_KEY,
    OUTBOX_WAITING_KEY,
)
from app.wire.client import RedisUnavailable, close, connect
from app.wire.jobs import job
from app.wire.jobs.job import CancelBacktest, HistoricalLoad, MonitoringControl, ProcessingCommand
from app.wire.jobs.outbox import Outbox, OutboxFull, Submitted
from app.wire.state import heartbeat
from tests.wire.conftest import Server, cancel_tasks, eventually


def load(number: int = 1) -> HistoricalLoad:
    return HistoricalLoad(job_id=f"load-{number}", requested_by="alice", symbols=(f"S{number}",))


@asynccontextmanager
async def engine(url: str, *channels: str) -> AsyncIterator[list[bytes]]:
    """Whoever listens on the job channels, and what it hears."""
    link = connect(url)
    pubsub = link.pubsub()
    payloads: list[bytes] = []
    await pubsub.subscribe(*channels)
    for _ in channels:
        await pubsub.get_message(timeout=5)

    async def listen() -> None:
        while True:
            message = await pubsub.get_message(timeout=1)
            if message and message["type"] == "message":
                payloads.append(message["data"])

    listening = asyncio.create_task(listen())
    yield payloads
    await cancel_tasks(listening)
    await close(pubsub, link)


def ids(payloads: list[bytes]) -> list[str]:
    return [msgspec.json.decode(payload)["job_id"] for payload in payloads]


@pytest.fixture
def outbox(client: Redis) -> Outbox:
    return Outbox(client)


async def test_a_job_received_by_an_engine_is_delivered(outbox: Outbox, redis_url: str) -> None:
    async with engine(redis_url, JOBS_DATA_LOAD) as payloads:
        submitted = await outbox.submit(load(), "once")
        await eventually(lambda: payloads)

    assert submitted == Submitted("load-1", "delivered", 1, True)
    assert ids(payloads) == ["load-1"]
    record = await outbox.state("load-1")
    assert record
    assert (record.kind, record.channel, record.state) == ("HistoricalLoad", JOBS_DATA_LOAD, "delivered")
    assert record.left_at is not None
    assert abs(record.submitted_at - time.time()) < 60


async def test_a_job_received_by_two_engines_says_so(outbox: Outbox, redis_url: str) -> None:
    async with engine(redis_url, JOBS_DATA_LOAD), engine(redis_url, JOBS_DATA_LOAD):
        assert (await outbox.submit(load(), "once")).receivers == 2


async def test_a_job_without_a_receiver_waits_and_is_stored(outbox: Outbox, client: Redis) -> None:
    submitted = await outbox.submit(load(), "once")

    assert submitted == Submitted("load-1", "waiting", 0, True)
    assert await outbox.waiting() == 1
    [(_, entry)] = await client.xrange(OUTBOX_KEY)
    assert job.decode_load(entry[b"payload"])
    assert await client.ttl(OUTBOX_JOB_PREFIX + "load-1") == -1, "what waits is not forgotten"


async def test_an_idempotency_key_submits_one_job_from_all_processes(client: Redis, redis_url: str) -> None:
    boxes = [Outbox(client) for _ in range(4)]
    async with engine(redis_url, JOBS_DATA_LOAD) as payloads:
        answers = await asyncio.gather(
            *(box.submit(HistoricalLoad(requested_by="a", symbols=("IBM",)), "k") for box in boxes * 5)
        )
        await eventually(lambda: payloads)

    assert len({answer.id for answer in answers}) == 1
    assert [answer.fresh for answer in answers].count(True) == 1
    assert len(payloads) == 1
    assert await client.xlen(OUTBOX_KEY) == 1


async def test_the_same_work_under_another_key_is_not_submitted_again(outbox: Outbox, client: Redis) -> None:
    await outbox.submit(load(), "one")

    assert await outbox.submit(load(), "two") == Submitted("load-1", "waiting", 0, False)
    assert await client.xlen(OUTBOX_KEY) == 1


async def test_waiting_jobs_are_sent_once_in_order_by_several_processes(client: Redis, redis_url: str) -> None:
    boxes = [Outbox(client) for _ in range(3)]
    for number in range(30):
        await boxes[number % 3].submit(load(number), f"key {number}")
    await heartbeat.beat(client, time.time())
    async with engine(redis_url, JOBS_DATA_LOAD) as payloads:
        running = [asyncio.create_task(box.run()) for box in boxes]
        await eventually(lambda: len(payloads) >= 30)
        await cancel_tasks(*running)

    assert ids(payloads) == [f"load-{number}" for number in range(30)]
    assert await boxes[0].waiting() == 0


async def test_without_a_heartbeat_no_job_is_sent(outbox: Outbox, client: Redis, redis_url: str) -> None:
    await outbox.submit(load(), "once")
    async with engine(redis_url, JOBS_DATA_LOAD):
        assert await outbox.offer_waiting() == 0
        await heartbeat.beat(client, time.time() - 3600)
        assert await outbox.offer_waiting() == 0
        await heartbeat.beat(client, time.time() - 60)
        assert await outbox.offer_waiting() == 1
        assert await outbox.offer_waiting() == 0


async def test_an_engine_with_a_heartbeat_before_its_subscription_misses_no_job(
    outbox: Outbox, client: Redis, redis_url: str
) -> None:
    await heartbeat.beat(client, time.time())
    await outbox.submit(load(), "once")
    assert await outbox.offer_waiting() == 0

    async with engine(redis_url, JOBS_DATA_LOAD) as payloads:
        assert await outbox.offer_waiting() == 1
        await eventually(lambda: payloads)


async def test_a_channel_without_receivers_does_not_delay_the_others(
    outbox: Outbox, client: Redis, redis_url: str
) -> None:
    await outbox.submit(CancelBacktest(job_id="bt"), "a")
    await outbox.submit(load(), "b")
    await heartbeat.beat(client, time.time())

    async with engine(redis_url, JOBS_DATA_LOAD):
        assert await outbox.offer_waiting() == 1
    async with engine(redis_url, JOBS_CANCEL):
        assert await outbox.offer_waiting() == 1


async def test_waiting_jobs_are_sent_before_a_new_one(outbox: Outbox, redis_url: str) -> None:
    await outbox.submit(load(1), "a")
    async with engine(redis_url, JOBS_DATA_LOAD) as payloads:
        assert (await outbox.submit(load(2), "b")).state == "delivered"
        await eventually(lambda: len(payloads) == 2)

    assert ids(payloads) == ["load-1", "load-2"]


async def test_a_full_outbox_refuses_new_jobs_and_keeps_waiting_ones(client: Redis, redis_url: str) -> None:
    outbox = Outbox(client, max_waiting=2)
    await outbox.submit(load(1), "a")
    await outbox.submit(load(2), "b")

    with pytest.raises(OutboxFull, match="2 jobs wait already"):
        await outbox.submit(load(3), "c")
    assert await client.xlen(OUTBOX_KEY) == 2
    assert (await outbox.submit(load(1), "a")).state == "waiting"

    async with engine(redis_url, JOBS_DATA_LOAD):
        assert (await outbox.submit(load(3), "c")).state == "delivered"
    assert await outbox.waiting() == 0


async def test_an_outdated_job_expires_visibly(outbox: Outbox, client: Redis, redis_url: str) -> None:
    restart = MonitoringControl(action="RESTART_WORKERS", requested_by="alice")
    submitted = await outbox.submit(restart, "once")
    await client.hset(OUTBOX_JOB_PREFIX + submitted.id, "lapses", "1")
    await heartbeat.beat(client, time.time())

    await outbox.offer_waiting()

    record = await outbox.state(submitted.id)
    assert record
    assert record.state == "lapsed"
    assert await outbox.waiting() == 0


async def test_a_waiting_job_can_be_withdrawn(outbox: Outbox, client: Redis, redis_url: str) -> None:
    await outbox.submit(load(), "once")

    assert await outbox.withdraw("load-1")
    assert not await outbox.withdraw("load-1")
    assert not await outbox.withdraw("nothing")
    record = await outbox.state("load-1")
    assert record
    assert record.state == "withdrawn"
    assert await outbox.state("nothing") is None
    async with engine(redis_url, JOBS_DATA_LOAD):
        assert (await outbox.submit(load(), "once")).state == "withdrawn"


async def test_a_processing_job_carries_the_run_id_of_the_page(outbox: Outbox, redis_url: str) -> None:
    async with engine(redis_url, JOBS_PROCESSING) as payloads:
        submitted = await outbox.submit(ProcessingCommand(command="START_DAILY_PROCESSING"), "once")
        await eventually(lambda: payloads)

    command = job.decode(payloads[0])
    assert isinstance(command, ProcessingCommand)
    assert command.parameters.run_id == submitted.id


async def test_a_long_key_creates_no_long_redis_key(outbox: Outbox, client: Redis) -> None:
    await outbox.submit(load(), "\ud800" + "x" * 100_000)

    [key] = [key async for key in client.scan_iter(match=IDEMPOTENCY_PREFIX + "*")]
    assert len(key) < 100


async def test_waiting_jobs_survive_a_restart_and_an_unstored_job_is_not_submitted(server: Server) -> None:
    link = connect(server.url)
    outbox = Outbox(link)
    await link.config_set("appendfsync", "always")
    await outbox.submit(load(1), "a")
    server.kill()

    with pytest.raises(RedisUnavailable):
        await outbox.submit(load(2), "b")

    server.start()
    async with engine(server.url, JOBS_DATA_LOAD) as payloads:
        assert (await outbox.submit(load(2), "b")).fresh
        await eventually(lambda: len(payloads) == 2)
    assert ids(payloads) == ["load-1", "load-2"]
    assert await link.lrange(OUTBOX_WAITING_KEY, 0, -1) == []
    await close(link)


class Forgetful:
    """Stands before Redis and swallows the answer to the first script that ran, link and all."""

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self.swallowed = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_unix_connection(self._behind)
        while request := await reader.read(65536):
            questions.write(request)
            answer = await answers.read(65536)
            if b"EVALSHA" in request and not answer.startswith(b"-NOSCRIPT") and not self.swallowed:
                self.swallowed += 1
                break
            writer.write(answer)
        questions.close()
        writer.close()


async def test_a_lost_answer_sends_nothing_twice(redis_url: str, tmp_path: Path) -> None:
    proxy = Forgetful(redis_url.removeprefix("unix://"))
    listening = await asyncio.start_unix_server(proxy.serve, tmp_path / "s")
    link = connect(f"unix://{tmp_path / 's'}")
    async with engine(redis_url, JOBS_DATA_LOAD) as payloads:
        submitted = await Outbox(link).submit(load(), "once")
        await eventually(lambda: payloads)

    assert proxy.swallowed == 1
    assert submitted == Submitted("load-1", "delivered", 1, True)
    assert len(payloads) == 1
    await close(link)
    listening.close()
