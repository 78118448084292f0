"""Every event goes to the features that are named for it, and a feature that fails stops nothing."""

import time

import pytest

from app.db import Unavailable
from app.deps import SnapshotFailed
from app.identity import View
from app.live.hub import Hub
from app.pipeline.boards import empty_boards
from app.pipeline.relay import Relay
from app.pipeline.topics import TopicRegistry
from app.push import Push, nothing
from app.web import html
from app.wire.events.event import EngineHealth, PatternDetected, Tick
from tests.support.topic_rules import registry

AT = 1_346_679_000.0
PRICE = Tick(symbol="BF/B", price=68.5, at=AT, arrived_at=time.time())
DOJI = PatternDetected(symbol="BF/B", pattern="Doji", timeframe="1min", confidence=0.8, at=AT)


@pytest.fixture
def topics() -> TopicRegistry:
    return registry()


@pytest.fixture
def hub(topics: TopicRegistry) -> Hub:
    return Hub(html.patch, topics)


@pytest.fixture
def relay(topics: TopicRegistry, hub: Hub) -> Relay:
    return Relay(empty_boards(), topics, hub)


def test_every_push_names_a_topic_that_a_stream_may_ask_for(relay: Relay, topics: TopicRegistry) -> None:
    for event in (PRICE, DOJI):
        pushes = relay.pushes(event)
        assert pushes
        assert {topics.parse(push.topic) for push in pushes} == {push.topic for push in pushes}


def test_every_push_can_be_drawn_and_patched(relay: Relay) -> None:
    for event in (PRICE, DOJI):
        for push in relay.pushes(event):
            assert html.patch(push, View()).startswith("<hx-partial")


def test_an_event_without_a_feature_still_advances_the_log(relay: Relay, hub: Hub) -> None:
    relay.publish(EngineHealth(at=AT, status="healthy"), "7-3")

    assert hub.last_id == "7-3"


def test_an_event_that_a_feature_cannot_take_is_counted() -> None:
    topics = registry()
    hub = Hub(html.patch, topics)
    broken = Relay(empty_boards()._replace(quotes=None), topics, hub)  # type: ignore[arg-type]

    broken.publish(PRICE)
    broken.publish(DOJI, "7-4")

    assert broken.failed == 1
    assert hub.last_id == "7-4"


def test_an_event_goes_to_each_feature_that_asked_for_it(relay: Relay) -> None:
    relay.add(PatternDetected, lambda event: [Push("alerts", event.symbol, "insert", nothing)])

    assert {push.topic for push in relay.pushes(DOJI)} == {"patterns", "patterns:BF/B", "flow:intraday", "alerts"}


@pytest.mark.parametrize("topic", ["status", "quotes:BF/B", "symbol:BF/B"])
async def test_a_snapshot_has_pushes_of_its_topic_alone(topic: str) -> None:
    feature_boards = empty_boards()
    topics = registry(feature_boards)
    Relay(feature_boards, topics, Hub(html.patch, topics)).publish(PRICE)

    assert {push.topic for push in await topics.snapshot(topic)} == {topic}


async def test_a_snapshot_of_a_symbol_without_a_quote_is_empty(topics: TopicRegistry) -> None:
    assert await topics.snapshot("quotes:BF/B") == []


async def test_a_snapshot_that_cannot_be_drawn_is_an_error_and_counted() -> None:
    topics = registry(empty_boards()._replace(market=None))  # type: ignore[arg-type]

    with pytest.raises(SnapshotFailed):
        await topics.snapshot("status")
    with pytest.raises(Unavailable):
        await topics.snapshot("patterns")

    assert topics.failures.count == 1
