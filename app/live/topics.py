"""The grammar of topics: what a stream may ask for. A log topic keeps every entry, a state topic the newest per key."""

from typing import Literal, NamedTuple, NewType, cast

from app.finance.adjust import Prices
from app.finance.symbols import is_symbol

Topic = NewType("Topic", str)
Kind = Literal["log", "state"]

PATTERNS = Topic("patterns")
QUOTES = Topic("quotes")
"""The quotes that the desk has rows for, and the rows: those of the first symbols, whichever these are by then."""
STATUS = Topic("status")

RANGES: tuple[str, ...] = ("1m", "3m", "6m", "1y", "all")
"""How far back a chart reaches."""

MOST = 256
"""Topics of one stream: two hundred symbols and a few more."""

_CHARTS = frozenset(f"{span}{prices}" for span in RANGES for prices in ("", "-total", "-raw"))
"""What stands behind the last colon of a chart's topic; a symbol before it may hold colons of its own."""


class RequestedTopics(NamedTuple):
    """What a stream asked for: the topics, and the words that are none, each once and in the order of asking."""

    topics: frozenset[Topic]
    unknown: tuple[str, ...]


def parse(text: str) -> Topic | None:
    about, colon, rest = text.partition(":")
    if not colon:
        right = about in (PATTERNS, QUOTES, STATUS)
    elif about == "chart":
        symbol, _, form = rest.rpartition(":")
        right = form in _CHARTS and is_symbol(symbol)
    else:
        right = about in (PATTERNS, QUOTES, "symbol") and is_symbol(rest)
    return Topic(text) if right else None


def parse_all(text: str) -> RequestedTopics | None:
    """From a text with commas between; None if there are too many. No symbol has a comma in it."""
    words = text.split(",", MOST)
    if len(words) > MOST:
        return None
    topics = frozenset(topic for topic in map(parse, words) if topic)
    return RequestedTopics(topics, tuple(dict.fromkeys(word for word in words if word not in topics)))


def kind(topic: str) -> Kind:
    return "log" if name(topic) == PATTERNS else "state"


def name(topic: str) -> str:
    """What the topic is about: the word before the first colon."""
    return topic.partition(":")[0]


def reach(topic: str) -> tuple[str, ...]:
    """The topics under which a push on this one is heard: a symbol's quote also by who wants those of the desk."""
    return (topic, QUOTES) if topic.startswith("quotes:") else (topic,)


def quotes_topic(symbol: str) -> Topic:
    """The quote of one symbol."""
    return Topic(f"{QUOTES}:{symbol}")


def patterns_topic(symbol: str) -> Topic:
    """Detections of one symbol alone."""
    return Topic(f"{PATTERNS}:{symbol}")


def symbol_topic(symbol: str) -> Topic:
    return Topic(f"symbol:{symbol}")


def chart_topic(symbol: str, span: str, prices: Prices = "split") -> Topic:
    return Topic(f"chart:{symbol}:{span}" if prices == "split" else f"chart:{symbol}:{span}-{prices}")


def symbol_of(topic: str) -> str:
    """The symbol of a topic that is about one, else ""; symbols may contain colons themselves."""
    about, _, rest = topic.partition(":")
    return rest.rpartition(":")[0] if about == "chart" else rest


def span_of(topic: str) -> str:
    """The range of a `chart:` topic."""
    return topic.rpartition(":")[2].partition("-")[0]


def prices_of(topic: str) -> Prices:
    """What the prices of a `chart:` topic are."""
    return cast(Prices, topic.rpartition(":")[2].partition("-")[2] or "split")
