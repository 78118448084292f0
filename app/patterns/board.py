"""The newest detection of every name, and those that no longer hold."""

from collections import OrderedDict
from collections.abc import Iterable

from app.patterns.queries import Detection

NAMES = 5_000
EXPIRED = 2_000

Name = tuple[str, str, str]
Key = tuple[str, str, str, int]


class Board:
    """Bounded: what was heard longest ago is forgotten first."""

    def __init__(self, names: int = NAMES, expired: int = EXPIRED) -> None:
        self._most_names = names
        self._most_expired = expired
        self._newest: OrderedDict[Name, Detection] = OrderedDict()
        self._expired: OrderedDict[Key, None] = OrderedDict()

    def hear(self, found: Detection) -> None:
        before = self._newest.get(found[:3])
        if before is None or before.at <= found.at:
            self._newest[found[:3]] = found
            self._newest.move_to_end(found[:3])
        if len(self._newest) > self._most_names:
            self._newest.popitem(last=False)

    def revive(self, found: Detection) -> None:
        """What is corrected still holds."""
        self._expired.pop(_key(found), None)
        self.hear(found)

    def expire(self, told: Detection) -> Detection:
        """The detection that is meant: engines that give no time of it mean the newest of that name."""
        newest = self._newest.get(told[:3])
        found = newest if newest is not None and newest.at <= told.at else told
        self._expired[_key(found)] = None
        if len(self._expired) > self._most_expired:
            self._expired.popitem(last=False)
        return found._replace(expired=True)

    def mentions(self, symbol: str) -> bool:
        return any(name[0] == symbol for name in self._newest)

    def marked(self, found: Iterable[Detection]) -> list[Detection]:
        return [each._replace(expired=_key(each) in self._expired) for each in found]


def _key(found: Detection) -> Key:
    """To the second, as its id on the page."""
    return (*found[:3], int(found.at))
