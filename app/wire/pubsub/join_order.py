"""Orders writers of the log: a subscriber that joins waits until earlier ones have logged older messages."""

# All processes hear one order of messages, and each logs what it hears in that order, unless another did so before it.
# So the log is in order for as long as nobody logs a message while an earlier one, which it did not hear itself, is
# still in another's hands. Who joins, at its start or after a gap, sees to that:
#
# * In one MULTI it publishes a marker and subscribes. So its marker stands in every other stream exactly where its own
#   begins, and PUBLISH tells how many will come upon it. Alone, it waits for nobody.
# * Who comes upon a marker has its turn when all it heard before is in the log; then it answers, in Redis.
# * The joiner logs nothing until somebody has answered. One is enough: it heard all that came before the marker, or
#   itself waited for somebody who had. So one process that is stopped holds nobody up while another runs.
#
# No two wait for each other: a joiner waits for those who were subscribed when it joined, so for earlier ones only; the
# earliest waits for nobody. A joiner that still waits may not answer a later marker at once, for what it holds back is
# older than that marker, and perhaps in nobody else's hands.
#
# Others that hang, or whose link broke before they came upon the marker, cost WAIT_SECONDS once; what they then bring
# is logged behind what is newer, but it is logged. Processes that know nothing of markers do not hear them and are not
# counted. What is not covered: a lone process that was cut off with messages in hand while a new one joins.
#
# Who joins and finds nobody, or nobody who answers, cannot know what was said before: `alone` is called then.

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.wire.channels import JOINS_CHANNEL, LOG_JOINED_PREFIX
from app.wire.client import RedisUnavailable, reachable
from app.wire.pubsub.connection import PubSubConnection

WAIT_SECONDS = 10.0
ANSWER_KEPT_SECONDS = 60
FIRST_LOOK_SECONDS = 0.005
LAST_LOOK_SECONDS = 0.1
"""Between two looks after an answer, at first and in the end."""

_MARKER = re.compile(rb"[0-9a-f]{32}")


class Joins(NamedTuple):
    times: int
    """How often others heard before this process did."""
    unanswered: int
    """How often something had to be logged before any of them answered."""
    longest: float
    """Seconds that something waited for an answer."""


class _Join(NamedTuple):
    marker: bytes
    at: float
    until: float


class JoinOrder:
    """Used as a lock, around whatever is logged. Waiting is begun by what has to be logged, for nothing else waits."""

    def __init__(
        self, client: Redis, wait_seconds: float = WAIT_SECONDS, alone: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._client = client
        self._wait_seconds = wait_seconds
        self._alone = alone
        self._lock = asyncio.Lock()
        self._join: _Join | None = None
        self._times = self._unanswered = 0
        self._longest = 0.0

    @property
    def joins(self) -> Joins:
        return Joins(self._times, self._unanswered, self._longest)

    async def join(self, connection: PubSubConnection, names: Iterable[bytes]) -> list[Any]:
        """Subscribes to `names`; the confirmations."""
        marker = secrets.token_hex(16).encode()
        subscriptions = [(b"SUBSCRIBE", name) for name in names]
        replies = await connection.ask((b"MULTI",), (b"PUBLISH", JOINS_CHANNEL, marker), *subscriptions, (b"EXEC",))
        others, *confirmed = cast(list[Any], replies[-1])
        if not isinstance(others, int):
            raise ResponseError(f"not announced: {others}")
        now = time.monotonic()
        self._join = _Join(marker, now, now + self._wait_seconds) if others else None
        self._times += others > 0
        if not others and self._alone:
            await self._alone()
        return confirmed

    async def on_marker(self, marker: bytes) -> None:
        if not _MARKER.fullmatch(marker):
            return
        async with self:
            with reachable():
                await self._client.set(LOG_JOINED_PREFIX + marker.decode(), b"1", ex=ANSWER_KEPT_SECONDS)

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        try:
            await self._wait_for_turn()
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    async def _wait_for_turn(self) -> None:
        while join := self._join:
            if not await self._wait_for_answer(join):
                self._unanswered += 1
                if self._alone:
                    await self._alone()
            if self._join is join:
                self._join = None

    async def _wait_for_answer(self, join: _Join) -> bool:
        """Whether somebody answered; looks once even where the time is over before there is anything to log."""
        began, pause = time.monotonic(), FIRST_LOOK_SECONDS
        while not await self._answered(join.marker):
            now = time.monotonic()
            if now >= join.until:
                # An answer is not kept for ever: later it counts as given.
                return now - join.at >= ANSWER_KEPT_SECONDS
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_LOOK_SECONDS)
            self._longest = max(self._longest, time.monotonic() - began)
        return True

    async def _answered(self, marker: bytes) -> bool:
        try:
            with reachable():
                return bool(await self._client.exists(LOG_JOINED_PREFIX + marker.decode()))
        except RedisUnavailable:
            return False
