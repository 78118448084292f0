"""Which patterns were told of already: what a mended bar shows again is the newer word on it and not another one."""

from collections import OrderedDict
from collections.abc import Iterable

from msgspec import structs

from app.wire.events.event import PatternDetected, PatternUpdated

REMEMBERED = 20_000


class Told:
    def __init__(self) -> None:
        self._confidence: OrderedDict[str, float] = OrderedDict()

    def knows(self, event: PatternDetected) -> bool:
        return event.flow_id in self._confidence

    def sort(self, patterns: Iterable[PatternDetected]) -> tuple[list[PatternDetected], list[PatternUpdated]]:
        """What is new, and what became surer or less sure; what is known as it is goes into neither."""
        new: list[PatternDetected] = []
        changed: list[PatternUpdated] = []
        for event in patterns:
            before = self._confidence.get(event.flow_id)
            self._confidence[event.flow_id] = event.confidence
            if before is None:
                new.append(event)
            elif before != event.confidence:
                changed.append(PatternUpdated(**structs.asdict(event)))
        while len(self._confidence) > REMEMBERED:
            self._confidence.popitem(last=False)
        return new, changed
