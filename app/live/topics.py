"""The grammar of topics: what a stream may ask for. A log topic keeps every entry, a state topic the newest per key."""

import re
from typing import Literal, NewType
from zlib import crc32

Topic = NewType("Topic", str)
Kind = Literal["log", "state"]

PATTERNS = Topic("patterns")
STATUS = Topic("status")

RANGES: tuple[str, ...] = ("1m", "3m", "6m", "1y", "all")
"""How far back a chart reaches."""

BUCKETS = 64
MOST = 80
"""Topics of one stream: all buckets of quotes and a few more."""

_SYMBOL = r"[A-Z0-9^][A-Z0-9.:/^=_-]{0,31}"
_GRAMMAR = re.compile(
    rf"{PATTERNS}(?::{_SYMBOL})?|{STATUS}|quotes:(?:[0-9]|[1-5][0-9]|6[0-3])"
    rf"|symbol:{_SYMBOL}|chart:{_SYMBOL}:(?:{'|'.join(RANGES)})"
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


def quotes_topic(symbol: str) -> Topic:
    """The bucket of symbols that this one shares."""
    return Topic(f"quotes:{crc32(symbol.encode()) % BUCKETS}")


def patterns_topic(symbol: str) -> Topic:
    """Detections of one symbol alone."""
    return Topic(f"{PATTERNS}:{symbol}")


def symbol_topic(symbol: str) -> Topic:
    return Topic(f"symbol:{symbol}")


def chart_topic(symbol: str, span: str) -> Topic:
    return Topic(f"chart:{symbol}:{span}")


def symbol_of(topic: str) -> str:
    """The symbol of a `symbol:`, `chart:` or `patterns:` topic, else ""; symbols may contain colons themselves."""
    about, _, rest = topic.partition(":")
    return rest.rpartition(":")[0] if about == "chart" else rest


def span_of(topic: str) -> str:
    """The range of a `chart:` topic."""
    return topic.rpartition(":")[2]
