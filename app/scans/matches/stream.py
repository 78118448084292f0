"""The topics of live rules: what a page lacks that was drawn with an older match list."""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from uuid import UUID

from app.finance.bars import day_of
from app.health.snapshot import HealthSnapshot
from app.identity import View
from app.live.topics import Subscription, Topic, TopicFamily, name, rest
from app.push import Push, nothing
from app.rules.identity import DIGITS
from app.scans.matches import partials
from app.scans.matches.board import LeftSymbol, MatchBoard, MatchChanges, is_struck
from app.scans.matches.session_bars import session_bars
from app.web.filters import dom_id
from app.web.numbers import ratio
from app.wire.rules.match_lists import MatchBatch

RULE = "rule"
MOST_FOR_ONE = 50
"""Live rules of one person."""
NO_LIST = 0
"""The version of a page that was drawn without a table, for there was no list yet."""
MOST_NAMED = 50
"""Symbols that have left, by name."""
AWAITED = "The result is being computed."
OLDER = "This table is older than what is known here:"
_REST = re.compile(rf"[0-9a-f]{{{DIGITS}}}-[0-9]{{1,16}}")


def topics(board: MatchBoard, look: Callable[[str], Awaitable[None]]) -> tuple[TopicFamily, ...]:
    """`look`: says that somebody looks at the rule with that key, and has its list on the board if there is one."""
    draw = partial(snapshot, board=board, look=look)
    return (TopicFamily(RULE, "state", draw, accepts=is_rule_version, permitted=permitted),)


def rule_topic(key: str, version: int) -> Topic:
    """`version`: of the match list that the page was drawn with; the time in milliseconds if it was drawn from stored
    rows; or NO_LIST."""
    return Topic(f"{RULE}:{key}-{version}")


def is_rule_version(text: str) -> bool:
    return bool(_REST.fullmatch(text))


def rule_key(topic: str) -> str:
    return rest(topic).partition("-")[0]


async def permitted(subscriptions: frozenset[Subscription]) -> frozenset[Subscription]:
    """The first MOST_FOR_ONE rules of each person."""
    keys: dict[UUID, set[str]] = {}
    for subscription in subscriptions:
        keys.setdefault(subscription.identity.user_id, set()).add(rule_key(subscription.topic))
    allowed = {user_id: sorted(own)[:MOST_FOR_ONE] for user_id, own in keys.items()}
    return frozenset(each for each in subscriptions if rule_key(each.topic) in allowed[each.identity.user_id])


def on_batch(batch: MatchBatch, board: MatchBoard, subscribed: Callable[[], Iterable[str]]) -> Iterator[Push]:
    changed = frozenset(board.apply(batch))
    with_past = board.take_past()
    for topic in _topics(subscribed, with_past) if with_past else ():
        yield _past(topic, board)
    for topic in _topics(subscribed, changed) if changed else ():
        newest, changes = board.newest(rule_key(topic)), _changes(topic, board)
        yield _newer(topic, board)
        if newest and changes:
            yield from (_departed(topic, left) for left in changes.left if left.at == newest.at)


def on_health(_health: HealthSnapshot, board: MatchBoard, subscribed: Callable[[], Iterable[str]]) -> Iterator[Push]:
    """Rows that were struck through for long enough, and what is announced."""
    now = time.time()
    ended, announcements = board.take_ended(now), board.take_announcements(now)
    for topic in _topics(subscribed, ended.keys() | announcements) if ended or announcements else ():
        key, changes = rule_key(topic), _changes(topic, board)
        symbols = {left.symbol for left in changes.left} & ended.get(key, frozenset()) if changes else ()
        yield from (Push(Topic(topic), dom_id("row", symbol), "remove", nothing) for symbol in sorted(symbols))
        if key in announcements:
            yield _announcement(topic, _words(changes))


async def snapshot(topic: str, board: MatchBoard, look: Callable[[str], Awaitable[None]]) -> list[Push]:
    await look(rule_key(topic))
    changes = _changes(topic, board)
    struck = [_departed(topic, left) for left in changes.left if is_struck(left)] if changes else []
    removals = [
        Push(Topic(topic), dom_id("row", left.symbol), "remove", nothing)
        for left in (changes.left if changes else ())
        if not is_struck(left)
    ]
    return [_newer(topic, board), _past(topic, board), *struck, *removals]


def _topics(subscribed: Callable[[], Iterable[str]], keys: Iterable[str]) -> list[str]:
    among = frozenset(keys)
    return [topic for topic in subscribed() if name(topic) == RULE and rule_key(topic) in among]


def _version(topic: str) -> int:
    return int(rest(topic).partition("-")[2])


def _changes(topic: str, board: MatchBoard) -> MatchChanges | None:
    return board.changes(rule_key(topic), _version(topic)) if _version(topic) != NO_LIST else None


def _newer(topic: str, board: MatchBoard) -> Push:
    return Push(Topic(topic), "newer", "replace", lambda view: newer(topic, board, view))


def _past(topic: str, board: MatchBoard) -> Push:
    return Push(Topic(topic), "past", "replace", lambda view: past(topic, board, view))


def past(topic: str, board: MatchBoard, view: View) -> str:
    """As it is when it goes out."""
    match_list = board.newest(rule_key(topic))
    own = match_list.past if match_list else None
    days = [day_of(start) for start in own.days] if own else []
    return partials.past(own, days, session_bars(own.matches if own else ()), view)


def _announcement(topic: str, text: str) -> Push:
    return Push(Topic(topic), "announce", "text", lambda _view: text)


def newer(topic: str, board: MatchBoard, view: View) -> str:
    """As it is when it goes out."""
    match_list, changes = board.newest(rule_key(topic)), _changes(topic, board)
    if match_list and match_list.problem:
        return partials.newer(0, (), 0.0, view, notice=match_list.problem)
    if _version(topic) == NO_LIST or match_list is None:
        notice, link = ("The result is ready:", "show") if match_list else (AWAITED, "")
        return partials.newer(0, (), 0.0, view, notice=notice if _version(topic) == NO_LIST else "", link=link)
    if changes is None:
        return partials.newer(0, (), 0.0, view, notice=OLDER, link="reload")
    return partials.newer(len(changes.new), changes.left[-MOST_NAMED:], changes.since, view)


def _departed(topic: str, left: LeftSymbol) -> Push:
    def draw(view: View) -> str:
        return partials.departed(left, _reason(left, view))

    return Push(Topic(topic), dom_id("row", left.symbol), "replace", draw)


def _reason(left: LeftSymbol, view: View) -> str:
    condition, value = left.departure
    if not condition:
        return "it is not in this choice any more"
    return f"{condition} no longer holds" + ("" if value is None else f", it is {ratio(value, view)}")


def _words(changes: MatchChanges | None) -> str:
    if changes is None:
        return "The result is ready."
    return f"{len(changes.new)} new, {len(changes.left)} left"
