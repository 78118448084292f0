"""The grammar of topics: what a stream may ask for. A log topic keeps every entry, a state topic the newest per key."""

import re
from typing import Literal, NewType, cast

from app.finance.adjust import Prices

Topic = NewType("Topic", str)
Kind = Literal["log", "state"]

PATTERNS = Topic("patterns")
QUOTES = Topic("quotes")
"""Every symbol's quote."""
STATUS = Topic("status")

RANGES: tuple[str, ...] = ("1m", "3m", "6m", "1y", "all")
"""How far back a chart reaches."""

MOST = 256
"""Topics of one stream: two hundred symbols and a few more."""

_SYMBOL = r"[A-Z0-9^][A-Z0-9.:/^=_-]{0,31}"
_GRAMMAR = re.compile(
    rf"(?:{PATTERNS}|{QUOTES})(?::{_SYMBOL})?|{STATUS}|symbol:{_SYMBOL}|chart:{_SYMBOL}:(?:{'|'.join(RANGES)})(?:-(?:total|raw))?"
)


def parse(text: str) -> Topic | None:
    return Topic(text) if _GRAMMAR.fullmatch(text) else None


def parse_all(text: str) -> frozenset[Topic] | None:
    """Topics separated by commas; None if any of them is none, or there are none or too many."""
    names = text.split(",", MOST)
    topics = [topic for topic in map(parse, names) if topic]
    return frozenset(topics) if len(topics) == len(names) <= MOST else None


def kind(topic: str) -> Kind:
    return "log" if name(topic) == PATTERNS else "state"


def name(topic: str) -> str:
    """What the topic is about: the word before the first colon."""
    return topic.partition(":")[0]


def reach(topic: str) -> tuple[str, ...]:
    """The topics under which a push on this one is heard: a symbol's quote also by who wants all of them."""
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
