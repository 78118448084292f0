"""The registry of topics: which exist, of what kind they are, who may subscribe, and how a snapshot is drawn."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from app import db, wire
from app.db.pools import Pools
from app.deps import SnapshotFailed
from app.indicators import stream as indicators
from app.live import topics
from app.live.topics import Kind, RequestedTopics, Subscription, Topic, TopicFamily
from app.market import stream as market
from app.market.exchange import stream as exchange
from app.market.overview import stream as overview
from app.patterns import stream as patterns
from app.pipeline.boards import Boards
from app.pipeline.failures import Failures
from app.push import Push
from app.quotes import stream as quotes
from app.scans.matches import stream as matches

MAX_TOPICS = 256
"""Topics of one stream: two hundred symbols and a few more."""


def families(boards: Boards, pools: Pools, look: Callable[[str], Awaitable[None]]) -> tuple[TopicFamily, ...]:
    """The topics of every feature. `look`: see app/scans/matches/stream.py."""
    return (
        *quotes.topics(boards.quotes, boards.charts, boards.orders, pools),
        *indicators.topics(boards.indicators, boards.alerts, pools),
        *patterns.topics(boards.patterns, pools),
        *market.topics(boards.market),
        *exchange.topics(boards.market),
        *overview.topics(boards.overview),
        *matches.topics(boards.matches, look),
    )


class TopicRegistry:
    def __init__(self, declared: Iterable[TopicFamily]) -> None:
        self.failures = Failures()
        """Snapshots that a feature could not draw, and permissions that it could not check."""
        self._families: dict[str, tuple[TopicFamily, ...]] = {}
        for family in declared:
            self.add(family)

    def add(self, family: TopicFamily) -> None:
        """Raises ValueError where the families of one name differ in anything but how they are drawn."""
        same_name = self._families.get(family.name, ())
        if same_name and family._replace(snapshot=same_name[0].snapshot) != same_name[0]:
            raise ValueError(f"two declarations of the topic {family.name!r} differ")
        self._families[family.name] = (*same_name, family)

    def parse(self, text: str) -> Topic | None:
        about, colon, behind = text.partition(":")
        if about not in self._families:
            return None
        family = self._families[about][0]
        accepted = family.accepts is not None and family.accepts(behind) if colon else family.whole
        return Topic(text) if accepted else None

    def parse_all(self, text: str) -> RequestedTopics | None:
        """From a text with commas between; None if there are too many. No symbol has a comma in it."""
        words = text.split(",", MAX_TOPICS)
        if len(words) > MAX_TOPICS:
            return None
        topics = {word: self.parse(self._completed(word, words)) for word in words}
        parsed = frozenset(topic for topic in topics.values() if topic)
        return RequestedTopics(parsed, tuple(word for word, topic in topics.items() if topic is None))

    def _completed(self, word: str, words: Sequence[str]) -> str:
        about, colon, behind = word.partition(":")
        family = self._families[about][0] if colon and about in self._families else None
        return f"{about}:{family.completed(behind, words)}" if family and family.completed else word

    def kind(self, topic: str) -> Kind:
        """State for what nobody can subscribe to, such as a push to one connection."""
        declared = self._families.get(topics.name(topic))
        return declared[0].kind if declared else "state"

    def reach(self, topic: str) -> tuple[str, ...]:
        about, colon, behind = topic.partition(":")
        declared = self._families.get(about) if colon else None
        reaches_whole = declared[0].reaches_whole if declared else None
        return (topic, about) if reaches_whole and reaches_whole(behind) else (topic,)

    def by_socket(self, topic: str) -> bool:
        return self._families[topics.name(topic)][0].by_socket

    def entries(self, topic: str) -> str:
        """What the entries of a log are called."""
        return self._families[topics.name(topic)][0].entries

    def restricted(self, subscribed: Iterable[str]) -> frozenset[str]:
        """The topics to which not everybody may subscribe."""
        names = {about for about, declared in self._families.items() if declared[0].permitted}
        return frozenset(topic for topic in subscribed if topics.name(topic) in names)

    async def permitted(self, subscriptions: Iterable[Subscription]) -> frozenset[Subscription]:
        """Those that are allowed; none of a family whose check fails. Raises Unavailable, RedisUnavailable."""
        allowed: set[Subscription] = set()
        by_name: dict[str, set[Subscription]] = {}
        for subscription in subscriptions:
            by_name.setdefault(topics.name(subscription.topic), set()).add(subscription)
        for about, requested in by_name.items():
            check = self._families[about][0].permitted
            try:
                allowed |= requested & await check(frozenset(requested)) if check else requested
            except (db.Unavailable, wire.RedisUnavailable):
                raise
            except Exception:
                self.failures.add("permission not checked: %s", about)
        return frozenset(allowed)

    async def snapshot(self, topic: str) -> list[Push]:
        """The topic as it is now. Raises Unavailable where that cannot be known, SnapshotFailed for all else."""
        about = topics.name(topic)
        try:
            return [push for family in self._families[about] for push in await family.snapshot(topic)]
        except (db.Unavailable, wire.RedisUnavailable):
            raise
        except Exception as error:
            self.failures.add("snapshot not drawn: %s", about)
            raise SnapshotFailed(about) from error
