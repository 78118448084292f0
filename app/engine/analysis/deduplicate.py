"""Deduplicates patterns: a pattern that a corrected bar shows again is an update."""

from collections import OrderedDict
from collections.abc import Iterable

from msgspec import structs

from app.wire.events.event import PatternDetected, PatternUpdated

MOST_PATTERNS = 20_000


class Deduplicator:
    def __init__(self) -> None:
        self._confidence: OrderedDict[str, float] = OrderedDict()

    def contains(self, event: PatternDetected) -> bool:
        return event.flow_id in self._confidence

    def classify(self, patterns: Iterable[PatternDetected]) -> tuple[list[PatternDetected], list[PatternUpdated]]:
        """New patterns, and known ones whose confidence changed; unchanged ones are in neither list."""
        new: list[PatternDetected] = []
        changed: list[PatternUpdated] = []
        for event in patterns:
            before = self._confidence.get(event.flow_id)
            self._confidence[event.flow_id] = event.confidence
            if before is None:
                new.append(event)
            elif before != event.confidence:
                changed.append(PatternUpdated(**structs.asdict(event)))
        while len(self._confidence) > MOST_PATTERNS:
            self._confidence.popitem(last=False)
        return new, changed
