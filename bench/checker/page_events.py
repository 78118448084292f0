"""The events of one page in order, parsed from its page and its streams."""

import re
from html import unescape
from typing import Literal, NamedTuple

from app.wire.log.entries import StreamPosition

MARKET = 1_346_679_000.0
"""Market time of pattern 0; each has a minute of its own, so that a time is an identity."""

PAUSE_SECONDS = 14.0
"""For which a page stops reading at most: so much later it sees what was sent together with what it saw before."""

FEED_LENGTH = 50
"""Entries that a feed keeps."""

_PART = re.compile(r'<hx-partial hx-target="#([^" ]+)[^"]*"(?: hx-swap="([^"]*)")?>(.*?)</hx-partial>', re.DOTALL)
_KEY = re.compile(r'<li [^>]*data-k="(\d+)"')
_MISSED = re.compile(r"(\d+) messages? (?:was|were) missed")
_STREAM = re.compile(r'hx-sse:connect="([^"]+)"')
_FEED = re.compile(r'<ol id="feed".*?</ol>', re.DOTALL)


class Insert(NamedTuple):
    number: int


class ListReplaced(NamedTuple):
    """The list as it is now, newest first."""

    numbers: tuple[int, ...]


class GapNotice(NamedTuple):
    """A notice that `missed` entries were not shown; None if the number is unknown."""

    kind: Literal["missed", "gap"]
    missed: int | None


Step = Insert | ListReplaced | GapNotice


class PageLoaded(NamedTuple):
    """A loaded page: the entries that it shows, and where its stream begins."""

    at: float
    cursor: StreamPosition | None
    numbers: tuple[int, ...]


class StreamJoined(NamedTuple):
    at: float
    cursor: StreamPosition | None
    """What the stream was asked to go on from."""
    encoding: str


class MessageReceived(NamedTuple):
    """One message, or an id alone; `id` is None if it could not be parsed."""

    at: float
    id: StreamPosition | None
    steps: tuple[Step, ...]


Event = PageLoaded | StreamJoined | MessageReceived


def number_of(at: float) -> int:
    return round((at - MARKET) / 60)


def market_time(number: int) -> float:
    return MARKET + 60 * number


def steps(data: str) -> tuple[Step, ...]:
    """The changes that a message makes to the feed and to its notice."""
    steps_of_message: list[Step] = []
    for target, swap, markup in _PART.findall(data):
        if target == "feed" and swap.startswith("upsert"):
            steps_of_message += map(Insert, _numbers(markup))
        elif target == "feed" and swap != "delete":
            steps_of_message.append(ListReplaced(_numbers(markup)))
        elif target == "notice-_0patterns":
            steps_of_message += _notices(markup)
    return tuple(steps_of_message)


def page(text: str) -> tuple[str, tuple[int, ...]]:
    """Parses the address of the stream and the feed of a page."""
    address, feed = _STREAM.search(text), _FEED.search(text)
    if not address or not feed:
        raise ValueError("this is not the desk")
    return unescape(address[1]), _numbers(feed[0])


def _numbers(markup: str) -> tuple[int, ...]:
    return tuple(number_of(int(at)) for at in _KEY.findall(markup))


def _notices(markup: str) -> list[Step]:
    if count := _MISSED.search(markup):
        return [GapNotice("missed", int(count[1]))]
    if "cannot be told" in markup:
        return [GapNotice("missed", None)]
    return [GapNotice("gap", None)] if "possibly missed" in markup else []
