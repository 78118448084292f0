"""Expiry of patterns by market time: each expired pattern is published once."""

import heapq
from collections.abc import Iterable

from msgspec import structs

from app.finance.detections import DetectedPattern
from app.wire.events.event import PatternEvent, PatternExpired

MOST_PATTERNS = 50_000
MARK = "patterns expired"
"""Name of the stored mark up to which expired patterns were published."""


class PatternExpiry:
    """Bounded: of more than MOST_PATTERNS those that hold the longest are dropped until the next start."""

    def __init__(self) -> None:
        self._patterns: dict[str, PatternEvent] = {}
        self._ends: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._patterns)

    def add(self, patterns: Iterable[PatternEvent]) -> None:
        """A newer event of a pattern replaces the older one."""
        for event in patterns:
            if event.expires_at is None:
                continue
            earlier = self._patterns.get(event.flow_id)
            self._patterns[event.flow_id] = event
            if earlier is None or earlier.expires_at != event.expires_at:
                heapq.heappush(self._ends, (event.expires_at, event.flow_id))
        if len(self._patterns) > MOST_PATTERNS:
            self._drop_latest()

    def detected(self) -> list[DetectedPattern]:
        """Those that hold."""
        return [
            DetectedPattern(event.symbol, event.pattern, event.timeframe, event.at, event.confidence, event.direction)
            for event in self._patterns.values()
        ]

    def pop_expired(self, now: float) -> list[PatternExpired]:
        """Patterns that expired at that market time, oldest expiry first."""
        events = []
        while self._ends and self._ends[0][0] <= now:
            end, flow_id = heapq.heappop(self._ends)
            event = self._patterns.get(flow_id)
            if event is not None and event.expires_at == end:
                del self._patterns[flow_id]
                events.append(PatternExpired(**structs.asdict(event)))
        return events

    def _drop_latest(self) -> None:
        # A tenth more than needed: sorting all of them at every pattern would cost too much.
        self._ends = sorted(self._ends)[: MOST_PATTERNS * 9 // 10]
        flow_ids = {flow_id for _, flow_id in self._ends}
        self._patterns = {flow_id: event for flow_id, event in self._patterns.items() if flow_id in flow_ids}
