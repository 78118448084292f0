"""The stream in which the feed keeps its newest ticks, so that a reader which was away or slow misses none."""

import logging
import time
from collections.abc import Callable, Sequence

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from app.wire import lua
from app.wire.channels import TICKS_CHANNEL, TICKS_KEY, TICKS_NUMBER_KEY
from app.wire.codec import codec
from app.wire.events.event import Tick
from app.wire.ticks.retention import EntrySizes, Retention

logger = logging.getLogger(__name__)

MOST_IN_AN_ENTRY = 500
"""Ticks: a reader takes that many at once."""
FORBIDDEN_TEXT = "run this command"
"""In what Redis says of a script that met a command which the user may not give."""

_APPEND_TICKS = lua.read(__file__, "append_ticks")
_PUBLISH_AND_SET = lua.read(__file__, "publish_and_set")


class TickWriter:
    def __init__(self, client: Redis, retention: Retention) -> None:
        self._client = client
        self._milliseconds = int(retention.minutes * 60_000)
        self._sizes = EntrySizes(retention)
        self._may_append = True

    async def write(
        self, ticks: Sequence[Tick], messages: Callable[[bool], Sequence[str | bytes]], key: str, value: bytes
    ) -> None:
        """Keeps the ticks, sends them to web processes, publishes `messages` (channel and message in turn) and sets the
        key: all of it or nothing. A Redis that does not allow the stream publishes them all the same.

        `messages` is told whether web processes are sent the ticks together."""
        if self._may_append:
            try:
                await self._append(ticks, messages(True), key, value)
            except ResponseError as error:
                if not isinstance(error, NoPermissionError) and FORBIDDEN_TEXT not in str(error):
                    raise
                self._may_append = False
                logger.warning("Redis does not allow the stream of ticks, so a restarted engine misses some: %s", error)
            else:
                return
        await self._client.eval(_PUBLISH_AND_SET, 1, key, value, *messages(False))

    async def _append(self, ticks: Sequence[Tick], messages: Sequence[str | bytes], key: str, value: bytes) -> None:
        now = time.time()
        starts = range(0, len(ticks), MOST_IN_AN_ENTRY)
        entries = [codec.encode_ticks(ticks[start : start + MOST_IN_AN_ENTRY], now) for start in starts]
        most = self._sizes.most(*map(len, entries))
        await self._client.eval(
            _APPEND_TICKS, 3, key, TICKS_KEY, TICKS_NUMBER_KEY,
            value, str(most), str(self._milliseconds), TICKS_CHANNEL, str(len(entries)), *entries, *messages,
        )  # fmt: skip
