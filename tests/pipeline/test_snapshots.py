"""Snapshots of many topics are drawn in parts, so that the event loop stays responsive; failures reach all who wait."""

import asyncio
from typing import Any

import pytest

from app.deps import SnapshotFailed
from app.identity import View
from app.live.frames import FrameEncoding
from app.live.hub import Hub
from app.live.topics import Kind
from app.pipeline.endpoints import _recover
from app.pipeline.recovery import TOPICS_AT_ONCE, Recovery, SharedSnapshots
from app.pipeline.resync import Resync
from app.push import Push
from app.web.html import patch
from tests.support.topic_rules import RULES


class Counting:
    """Draws one line of each topic, and counts how many are being drawn together."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def snapshot(self, topic: str) -> list[Push]:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return [Push(topic, "x", "replace", lambda _view: f"<p id=x>{topic}</p>")]

    def kind(self, topic: str) -> Kind:
        return RULES.kind(topic)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


@pytest.mark.parametrize("form", [FrameEncoding.PLAIN, FrameEncoding.GZIP, FrameEncoding.SOCKET])
async def test_topics_are_drawn_a_few_at_a_time_and_arrive_in_order(form: FrameEncoding) -> None:
    counting = Counting()
    snapshots = SharedSnapshots(Hub(patch, RULES), counting)
    topics = [f"quotes:S{number:03d}" for number in range(256)]

    parts = await snapshots.parts(topics, View(), form)

    assert counting.most == TOPICS_AT_ONCE
    assert [topic for topic, part in zip(topics, parts, strict=True) if topic.encode() not in part.lines] == []


class Breaking(Counting):
    """Fails each time in one of these ways, for as long as there is one left."""

    def __init__(self, *ways: BaseException) -> None:
        super().__init__()
        self.ways = list(ways)

    async def snapshot(self, topic: str) -> list[Push]:
        await asyncio.sleep(0)
        if self.ways:
            raise self.ways.pop(0)
        return await super().snapshot(topic)


def snapshots_of(breaking: Breaking) -> SharedSnapshots:
    return SharedSnapshots(Hub(patch, RULES), breaking)


@pytest.mark.parametrize("way", [SnapshotFailed("patterns"), KeyError("a column"), asyncio.CancelledError()])
async def test_an_error_in_a_snapshot_reaches_all_waiting_readers_and_the_next_is_drawn(way: BaseException) -> None:
    snapshots = snapshots_of(Breaking(way))
    topics = ["quotes:A", "quotes:B"]

    async with asyncio.timeout(10):
        joiners = [snapshots.parts(["patterns", *topics], View(), FrameEncoding.PLAIN) for _ in range(3)]
        answers = await asyncio.gather(*joiners, return_exceptions=True)
        later = await snapshots.parts(topics, View(), FrameEncoding.PLAIN)

    assert [type(answer) for answer in answers] == [type(way)] * 3
    assert all(part.lines for part in later)


async def test_a_snapshot_cancelled_before_it_begins_is_drawn_for_the_next_reader() -> None:
    snapshots = snapshots_of(Breaking())
    drawing = snapshots._snapshot("patterns", View())
    drawing.cancel()
    await asyncio.wait({drawing})
    await asyncio.sleep(0)

    async with asyncio.timeout(10):
        (part,) = await snapshots.parts(["patterns"], View(), FrameEncoding.PLAIN)

    assert b"patterns" in part.lines


async def test_a_reader_whose_catch_up_fails_gets_a_reconnect_time() -> None:
    hub = Hub(patch, RULES)
    for way in (SnapshotFailed("status"), KeyError("a column"), asyncio.CancelledError()):
        catchup = Recovery(hub, None, None, Breaking(way))  # type: ignore[arg-type]
        reader = hub.join(frozenset({"status"}), View())

        await asyncio.gather(_recover(catchup, reader), return_exceptions=True)

        assert reader.end_reason == "catch-up"
    assert hub.stats.connections == 0


async def test_a_list_that_cannot_be_drawn_is_tried_again_until_it_can() -> None:
    hub = Hub(patch, RULES)
    reader, breaking = hub.join(frozenset({"patterns"}), View()), Breaking(SnapshotFailed("patterns"))
    resync = Resync(hub, breaking)
    hub.pending_snapshots.request(["patterns"])

    running = asyncio.create_task(resync.run())
    async with asyncio.timeout(10):
        while hub.pending_snapshots.version("patterns"):
            await asyncio.sleep(0.01)
    running.cancel()

    assert breaking.ways == []
    assert not reader.end_reason
