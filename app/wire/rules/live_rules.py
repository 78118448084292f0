"""The rules that somebody looks at: web processes announce them, whoever evaluates rules reads them."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from app.rules.live_rule import MOST_LIVE, LiveRule
from app.wire import lua
from app.wire.channels import LIVE_RULES_KEY, RULE_PREFIX, RULES_CHANNEL
from app.wire.client import reachable

LIVE_SECONDS = 60.0
"""For which an announcement counts."""
KEPT_SECONDS = 86_400
"""For which a page that was drawn may open its stream."""
SHARED = 1e11
"""What the rank of a rule that several look at is greater by: more than any time in seconds."""
MOST_BYTES = 400_000

_ANNOUNCE = lua.read(__file__, "announce")


class Announcement(msgspec.Struct, frozen=True):
    """`since`: when somebody began to look at the rule, UTC epoch seconds: of too many rules the newest stay live."""

    key: str
    since: float
    shared: bool = False
    """Whether several look at it: these come before all others."""


class LiveRules:
    """Raises RedisUnavailable."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def put(self, rule: LiveRule) -> None:
        """Stores what the rule's key means, before the key is announced."""
        with reachable():
            await self._client.set(RULE_PREFIX + rule.key, msgspec.json.encode(rule), ex=KEPT_SECONDS)

    async def read(self, keys: Sequence[str]) -> dict[str, LiveRule]:
        """Those of them that are stored and readable."""
        if not keys:
            return {}
        with reachable():
            values = await self._client.mget([RULE_PREFIX + key for key in keys])
        rules = (_decoded(key, value) for key, value in zip(keys, values, strict=True))
        return {rule.key: rule for rule in rules if rule}

    async def announce(self, announcements: Iterable[Announcement]) -> list[str]:
        """The keys of all rules that are live then; one that is announced and not among them has no place."""
        words = [
            word for each in announcements for word in (each.key, repr(each.since + (SHARED if each.shared else 0.0)))
        ]
        with reachable():
            keys: Any = await self._client.eval(_ANNOUNCE, 1, LIVE_RULES_KEY, LIVE_SECONDS, MOST_LIVE, *words)
        return [key.decode("ascii", "replace") for key in keys]

    async def wake(self, key: str) -> None:
        """Has a rule evaluated at once."""
        with reachable():
            await self._client.publish(RULES_CHANNEL, key)

    async def live(self) -> dict[str, LiveRule]:
        """By key."""
        return await self.read(await self.announce(()))


def _decoded(key: str, value: object) -> LiveRule | None:
    if not isinstance(value, bytes) or len(value) > MOST_BYTES:
        return None
    try:
        rule = msgspec.json.decode(value, type=LiveRule)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return rule if rule.key == key else None
