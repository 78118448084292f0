"""Topics: a name and, behind a colon, what of it; a family states what holds for every topic of one name."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Literal, NamedTuple, NewType, Protocol

from app.identity import Identity
from app.push import Push

Topic = NewType("Topic", str)
Kind = Literal["log", "state"]
"""A subscriber to a log is sent every entry in order; to a state, the newest value of each key."""


STATUS = Topic("status")
"""The status strip, which every page has."""


class Subscription(NamedTuple):
    identity: Identity
    topic: str


class TopicFamily(NamedTuple):
    """The topics `<name>` and `<name>:<rest>`. Two features may declare one name: their snapshots are joined."""

    name: str
    kind: Kind
    snapshot: Callable[[str], Awaitable[Iterable[Push]]]
    """Draws a topic as it is now. Raises Unavailable where that cannot be read."""
    whole: bool = False
    """Whether the name alone is a topic."""
    accepts: Callable[[str], bool] | None = None
    """Whether a text may stand behind the colon; None: no text may."""
    completed: Callable[[str, Sequence[str]], str] | None = None
    """What is meant by a text behind the colon, beside the other words of the same request; None: what it says."""
    reaches_whole: Callable[[str], bool] | None = None
    """Of which rests the pushes on `<name>:<rest>` are sent to subscribers of `<name>` as well; None: of none."""
    by_socket: bool = False
    """Whether pages at the fastest rate receive it by their WebSocket."""
    permitted: Callable[[frozenset[Subscription]], Awaitable[frozenset[Subscription]]] | None = None
    """Those of the subscriptions that are allowed; asked at joining and every few seconds while a stream is open.
    None: whoever is signed in may subscribe."""
    entries: str = "messages"
    """What a notice calls the entries of a log that were missed."""


class TopicRules(Protocol):
    """What the hub asks of the registry of topics."""

    def kind(self, topic: str) -> Kind: ...

    def reach(self, topic: str) -> tuple[str, ...]:
        """The topics whose subscribers are sent a push on this one."""
        ...


class RequestedTopics(NamedTuple):
    """What a stream asked for: the topics, and the words that are none, each once and in the order of asking."""

    topics: frozenset[Topic]
    unknown: tuple[str, ...]


def name(topic: str) -> str:
    """The word before the first colon."""
    return topic.partition(":")[0]


def rest(topic: str) -> str:
    """What stands behind the first colon; "" for a name alone."""
    return topic.partition(":")[2]


def symbol_topic(symbol: str) -> Topic:
    """Everything that a symbol's page shows of its present, from several features."""
    return Topic(f"symbol:{symbol}")
