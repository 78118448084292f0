"""Patterns that hold, until the market's time has passed their end: then it is said once that they no longer do."""

import heapq
from collections.abc import Iterable

from msgspec import structs

from app.wire.events.event import PatternEvent, PatternExpired

MOST_HELD = 50_000
MARK = "patterns expired"
"""The name under which it is stored up to when they were told of."""


class Expiries:
    """Bounded: of more than MOST_HELD those that hold the longest are let go, until the engine starts again."""

    def __init__(self) -> None:
        self._held: dict[str, PatternEvent] = {}
        self._ends: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._held)

    def follow(self, patterns: Iterable[PatternEvent]) -> None:
        """A newer word on a pattern takes the place of the older one."""
        for event in patterns:
            if event.expires_at is None:
                continue
            known = self._held.get(event.flow_id)
            self._held[event.flow_id] = event
            if known is None or known.expires_at != event.expires_at:
                heapq.heappush(self._ends, (event.expires_at, event.flow_id))
        if len(self._held) > MOST_HELD:
            self._cut()

    def until(self, now: float) -> list[PatternExpired]:
        """Those that no longer hold at that instant of the market's time, the first to end first."""
        found = []
        while self._ends and self._ends[0][0] <= now:
            end, flow_id = heapq.heappop(self._ends)
            event = self._held.get(flow_id)
            if event is not None and event.expires_at == end:
                del self._held[flow_id]
                found.append(PatternExpired(**structs.asdict(event)))
        return found

    def _cut(self) -> None:
        # A tenth more than must go: sorting all of them at every pattern would cost too much.
        self._ends = sorted(self._ends)[: MOST_HELD * 9 // 10]
        kept = {flow_id for _, flow_id in self._ends}
        self._held = {flow_id: event for flow_id, event in self._held.items() if flow_id in kept}
