"""The map from events to features. An event that is not here reaches no browser."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot
from app.indicators import stream as indicators
from app.live.hub import Hub
from app.market import stream as market
from app.market.exchange import stream as exchange
from app.market.overview import stream as overview
from app.patterns import stream as patterns
from app.pipeline.boards import Boards
from app.pipeline.failures import Failures
from app.pipeline.topics import TopicRegistry
from app.push import Push
from app.quotes import stream as quotes
from app.scans.matches import stream as matches
from app.wire.events.event import (
    AnyEvent,
    IndicatorAlert,
    IndicatorCalculated,
    JobStatus,
    PatternDetected,
    PatternExpired,
    PatternUpdated,
    ProcessingChanged,
    ProcessingProgressed,
    RunChanged,
    RunProgressed,
    Tick,
    UniverseChanged,
)
from app.wire.rules.match_lists import MatchBatch

STORED_EVENTS = (JobStatus, ProcessingChanged, RunChanged, UniverseChanged)
"""After which stored figures of the market may be others."""

Reaction = Callable[[Any], Iterable[Push]]


class Relay:
    def __init__(self, boards: Boards, topics: TopicRegistry, hub: Hub) -> None:
        self._ticked = partial(
            quotes.on_ticks, board=boards.quotes, charts=boards.charts, has_subscribers=hub.has_subscribers
        )
        processed = partial(market.on_processing, board=boards.market)

        def subscribed() -> tuple[str, ...]:
            return hub.subscribed_topics

        self._reactions: dict[type, tuple[Reaction, ...]] = {}
        for event, reaction in (
            (Tick, lambda tick: self._ticked((tick,))),
            (PatternDetected, partial(patterns.on_detected, board=boards.patterns)),
            (PatternUpdated, partial(patterns.on_updated, board=boards.patterns)),
            (PatternExpired, partial(patterns.on_expired, board=boards.patterns)),
            (IndicatorCalculated, partial(indicators.on_calculated, board=boards.indicators)),
            (IndicatorAlert, partial(indicators.on_alert, board=boards.alerts)),
            (ProcessingChanged, processed),
            (ProcessingProgressed, processed),
            (RunChanged, processed),
            (RunProgressed, processed),
            (HealthSnapshot, partial(quotes.on_health, board=boards.quotes)),
            (
                HealthSnapshot,
                partial(quotes.on_health_orders, board=boards.quotes, orders=boards.orders, subscribed=subscribed),
            ),
            (HealthSnapshot, partial(matches.on_health, board=boards.matches, subscribed=subscribed)),
            (MatchBatch, partial(matches.on_batch, board=boards.matches, subscribed=subscribed)),
        ):
            self.add(event, reaction)
        for kind, react in _of_the_market(boards, hub):
            self.add(kind, react)
        self._topics, self._hub = topics, hub
        self._failures = Failures()

    @property
    def failed(self) -> int:
        """Events that a feature could not take, and what the registry of topics counts."""
        return self._failures.count + self._topics.failures.count

    def add(self, event: type, reaction: Reaction) -> None:
        """Sends each event of that type to one more feature."""
        self._reactions[event] = (*self._reactions.get(event, ()), reaction)

    def publish(self, event: AnyEvent | HealthSnapshot | MarketClock | MatchBatch, id: str | None = None) -> None:  # noqa: A002
        """`id`: the event's place in the log, where it has one."""
        for push in self.pushes(event):
            self._hub.publish(push, id)
        if id:
            self._hub.complete_entry(id)

    def publish_ticks(self, ticks: Sequence[Tick]) -> None:
        """Those of one moment, in their order: a symbol that has several changes the screen once."""
        try:
            pushes = list(self._ticked(ticks))
        except Exception:
            self._failures.add("%d ticks not taken", len(ticks))
            return
        for push in pushes:
            self._hub.publish(push)

    def pushes(self, event: AnyEvent | HealthSnapshot | MarketClock | MatchBatch) -> list[Push]:
        try:
            return [push for react in self._reactions.get(type(event), ()) for push in react(event)]
        except Exception:
            self._failures.add("event not taken: %s", type(event).__name__)
            return []

    def missed(self, count: int | None, topic: str) -> list[Push]:
        """Notices for subscribers of a log topic who missed entries; None for an unknown number."""
        return [market.notice(topic, self._topics.entries(topic), count)]

    def gap(self, topic: str) -> list[Push]:
        """Notices for subscribers of a log topic from which entries may be missing."""
        return [market.gap(topic, self._topics.entries(topic))]


def _of_the_market(boards: Boards, hub: Hub) -> Iterator[tuple[type, Reaction]]:
    """The status strip, the hours of the exchange, and the overview."""
    yield HealthSnapshot, partial(market.on_health, board=boards.market)
    yield MarketClock, partial(market.on_clock, board=boards.market)
    yield (
        MarketClock,
        partial(exchange.on_clock, board=boards.market, hours_board=boards.hours, has_subscribers=hub.has_subscribers),
    )
    request = hub.pending_snapshots.request
    yield (
        HealthSnapshot,
        partial(overview.on_health, board=boards.overview, subscribed=lambda: hub.subscribed_topics, request=request),
    )
    for event in STORED_EVENTS:
        yield event, partial(overview.on_work, board=boards.overview)
