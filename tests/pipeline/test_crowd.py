"""A bound on one person's streams holds for all web processes together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Literal

import pytest

from app.pipeline import admission
from app.settings.load import Settings
from tests.pipeline.conftest import Desk
from tests.support.ports import free_port
from tests.support.stream_reader import Reader
from tests.support.waiting import until


@pytest.fixture
def transport() -> Literal["auto"]:
    """Streams are counted before a transport is chosen."""
    return "auto"


@pytest.fixture
def admit_seconds() -> float:
    return 0.1


@pytest.fixture
def settings(settings: Settings, admit_seconds: float) -> Settings:
    live = settings.live.model_copy(update={"admit_seconds": admit_seconds, "streams_per_user": 4})
    return settings.model_copy(update={"live": live})


@pytest.fixture
async def other(desk: Desk, settings: Settings) -> AsyncIterator[Desk]:
    """Another web process for the same people."""
    port = free_port()
    second = Desk(settings.model_copy(update={"port": port, "public_url": f"http://127.0.0.1:{port}"}))
    await second.start()
    second.cookies = desk.cookies
    yield second
    await second.stop()


def stream_count(*desks: Desk) -> int:
    return sum(desk.context.hub.stats.connections for desk in desks)


async def open_streams(stack: AsyncExitStack, desk: Desk, count: int) -> list[Reader]:
    return list(await asyncio.gather(*(stack.enter_async_context(desk.stream("status")) for _ in range(count))))


async def test_streams_in_one_process_count_in_the_other(desk: Desk, other: Desk) -> None:
    async with AsyncExitStack() as stack:
        readers = [*await open_streams(stack, desk, 2), *await open_streams(stack, other, 2)]
        assert [reader.status for reader in readers] == [200] * 4
        await until(lambda: sum(desk.context.hub.elsewhere.values()) == sum(other.context.hub.elsewhere.values()) == 2)

        for each in (desk, other):
            assert (await open_streams(stack, each, 1))[0].status == 409

        readers[0].sink.close()
        await until(lambda: sum(other.context.hub.elsewhere.values()) == 1)
        assert (await open_streams(stack, other, 1))[0].status == 200


@pytest.mark.parametrize("admit_seconds", [60.0])
async def test_streams_opened_together_beyond_the_limit_are_ended(desk: Desk, other: Desk) -> None:
    async with AsyncExitStack() as stack:
        both = await asyncio.gather(open_streams(stack, desk, 4), open_streams(stack, other, 4))
        assert [reader.status for readers in both for reader in readers] == [200] * 8

        # Not by the clock: it might come while they are being opened, and refuse the last ones.
        for each in (desk, other) * 3:
            await admission.count_elsewhere(each.context)
        assert stream_count(desk, other) == 4
        ended = desk.context.hub.stats.ended.get("full", 0) + other.context.hub.stats.ended.get("full", 0)
        assert ended == 4


async def test_a_replaced_stream_is_not_counted(desk: Desk, other: Desk) -> None:
    async with AsyncExitStack() as stack:
        await open_streams(stack, other, 4)
        await until(lambda: sum(desk.context.hub.elsewhere.values()) == 4)
        await other.stop()

        successor = Desk(other.settings)
        successor.cookies = desk.cookies
        await successor.start()
        stack.push_async_callback(successor.stop)
        readers = await open_streams(stack, successor, 4)
        await admission.count_elsewhere(successor.context)

        assert [reader.status for reader in readers] == [200] * 4
        assert (stream_count(successor), successor.context.hub.elsewhere) == (4, {})


async def test_taking_over_ends_the_persons_oldest_stream_in_any_process(desk: Desk, other: Desk) -> None:
    async with AsyncExitStack() as stack, other.client() as client:
        oldest, next_, *_ = await open_streams(stack, desk, 1) + await open_streams(stack, desk, 3)
        await until(lambda: sum(other.context.hub.elsewhere.values()) == 4)
        refusal = (await open_streams(stack, other, 1))[0]
        assert (refusal.status, refusal.headers["retry-after"]) == (409, "5")

        page = f"{client.base_url}/symbols?q=A"
        answer = await client.post("/account/streams", headers={"Referer": page})

        assert (answer.status_code, answer.headers["Location"]) == (303, "/symbols?q=A")
        assert (await oldest.end())[-1].event == "taken-over"
        await until(lambda: sum(other.context.hub.elsewhere.values()) == 3)
        assert (await open_streams(stack, other, 1))[0].status == 200

        async with desk.client() as here:
            await here.post("/account/streams")
        assert (await next_.end())[-1].event == "taken-over"
        assert stream_count(desk, other) == 3


async def test_counts_of_a_killed_process_expire(desk: Desk, other: Desk) -> None:
    async with AsyncExitStack() as stack:
        await open_streams(stack, other, 4)
        await until(lambda: sum(desk.context.hub.elsewhere.values()) == 4)
        await other.stop()

        await until(lambda: not desk.context.hub.elsewhere, 30)
        assert (await open_streams(stack, desk, 1))[0].status == 200
