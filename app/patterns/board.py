"""The newest detection of each symbol, pattern and timeframe, and the set of expired detections."""

from collections import OrderedDict
from collections.abc import Iterable

from app.patterns.queries import Detection

NAMES = 5_000
EXPIRED = 2_000

Name = tuple[str, str, str]
Key = tuple[str, str, str, int]


class PatternBoard:
    """Bounded; the oldest entries are evicted first."""

    def __init__(self, names: int = NAMES, expired: int = EXPIRED) -> None:
        self._most_names = names
        self._most_expired = expired
        self._newest: OrderedDict[Name, Detection] = OrderedDict()
        self._expired: OrderedDict[Key, None] = OrderedDict()

    def add(self, detection: Detection) -> None:
        before = self._newest.get(detection[:3])
        if before is None or before.at <= detection.at:
            self._newest[detection[:3]] = detection
            self._newest.move_to_end(detection[:3])
        if len(self._newest) > self._most_names:
            self._newest.popitem(last=False)

    def restore(self, detection: Detection) -> None:
        """A corrected detection is valid again."""
        self._expired.pop(_key(detection), None)
        self.add(detection)

    def expire(self, event: Detection) -> Detection:
        """Returns the detection that expires; an event without its time refers to the newest of that name."""
        newest = self._newest.get(event[:3])
        expired = newest if newest is not None and newest.at <= event.at else event
        self._expired[_key(expired)] = None
        if len(self._expired) > self._most_expired:
            self._expired.popitem(last=False)
        return expired._replace(expired=True)

    def mentions(self, symbol: str) -> bool:
        return any(name[0] == symbol for name in self._newest)

    def with_expiry(self, detections: Iterable[Detection]) -> list[Detection]:
        return [each._replace(expired=_key(each) in self._expired) for each in detections]


def _key(detection: Detection) -> Key:
    """In whole seconds, as in the entry's id on the page."""
    return (*detection[:3], int(detection.at))
