"""Every event goes to the features that are named for it, and a feature that fails stops nothing."""

import time

import pytest

from app.db import Unavailable
from app.db.pools import Pool, Pools
from app.deps import SnapshotFailed
from app.identity import View
from app.indicators.board import IndicatorBoard
from app.live import topics
from app.live.hub import Hub
from app.market.board import MarketBoard
from app.patterns.board import PatternBoard
from app.pipeline.relay import Boards, Relay
from app.quotes.board import QuoteBoard
from app.quotes.charts.cache import ChartCache
from app.web import html
from app.wire.events.event import EngineHealth, PatternDetected, Tick

AT = 1_346_679_000.0
PRICE = Tick(symbol="BF/B", price=68.5, at=AT, arrived_at=time.time())
FOUND = PatternDetected(symbol="BF/B", pattern="Doji", timeframe="1min", confidence=0.8, at=AT)


@pytest.fixture
def hub() -> Hub:
    return Hub(html.patch)


@pytest.fixture
def relay(hub: Hub) -> Relay:
    return Relay(Boards(QuoteBoard(), ChartCache(), MarketBoard(), IndicatorBoard(), PatternBoard()), hub)


def test_every_push_names_a_topic_that_a_stream_may_ask_for(relay: Relay) -> None:
    for event in (PRICE, FOUND):
        pushes = relay.pushes(event)
        assert pushes
        assert {topics.parse(push.topic) for push in pushes} == {push.topic for push in pushes}


def test_every_push_can_be_drawn_and_patched(relay: Relay) -> None:
    for event in (PRICE, FOUND):
        for push in relay.pushes(event):
            assert html.patch(push, View()).startswith("<hx-partial")


def test_an_event_that_nobody_shows_still_moves_the_log_on(relay: Relay, hub: Hub) -> None:
    relay.publish(EngineHealth(at=AT, status="healthy"), "7-3")

    assert hub.last_id == "7-3"


def test_an_event_that_a_feature_cannot_take_is_counted(hub: Hub) -> None:
    broken = Relay(Boards(None, ChartCache(), MarketBoard(), IndicatorBoard(), PatternBoard()), hub)  # type: ignore[arg-type]

    broken.publish(PRICE)
    broken.publish(FOUND, "7-4")

    assert broken.failed == 1
    assert hub.last_id == "7-4"


@pytest.mark.parametrize("topic", ["status", "quotes:BF/B", "symbol:BF/B"])
async def test_a_snapshot_is_of_its_topic_alone(relay: Relay, topic: str) -> None:
    relay.publish(PRICE)
    away = Pool("postgresql://nobody@127.0.0.1:1/none", "away")

    assert {push.topic for push in await relay.snapshot(topic, Pools(away, away))} == {topic}


async def test_a_snapshot_of_a_symbol_without_a_quote_is_empty(relay: Relay) -> None:
    away = Pool("postgresql://nobody@127.0.0.1:1/none", "away")

    assert await relay.snapshot("quotes:BF/B", Pools(away, away)) == []


async def test_a_snapshot_that_cannot_be_drawn_is_counted_and_told(hub: Hub) -> None:
    broken = Relay(Boards(None, ChartCache(), MarketBoard(), IndicatorBoard(), PatternBoard()), hub)  # type: ignore[arg-type]
    away = Pool("postgresql://nobody@127.0.0.1:1/none", "away")
    pools = Pools(away, away)

    with pytest.raises(SnapshotFailed):
        await broken.snapshot("quotes:A", pools)
    with pytest.raises(Unavailable):
        await broken.snapshot("patterns", pools)

    assert broken.failed == 1
