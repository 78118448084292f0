"""How many streams people hold: every web process tells the others, so that a bound on them holds for all together."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from app.wire.channels import STREAMS_KEY
from app.wire.client import reachable

KEPT_SECONDS = 10
"""After which a process that says nothing any more is left out."""

_TELL = """
local now = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], 2 * tonumber(ARGV[3]))
local all, fresh = redis.call('HGETALL', KEYS[1]), {}
for place = 1, #all, 2 do
  local at, held = string.match(all[place + 1], '^(%d+) (.*)$')
  if not at or now - tonumber(at) > tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], all[place])
  elseif all[place] ~= ARGV[1] then
    table.insert(fresh, {all[place], held})
  end
end
return fresh
"""


class Elsewhere(NamedTuple):
    """Streams of one person in other processes."""

    held: int
    before: int
    """In those whose streams are kept before ours."""


class Crowd:
    def __init__(self, client: Redis, name: str) -> None:
        """`name`: this process' and its successor's, which must not be counted beside who was killed in its place."""
        self._tell = client.register_script(_TELL)
        self._name = name

    async def tell(self, held: Mapping[UUID, int]) -> dict[UUID, Elsewhere]:
        """What others said within KEPT_SECONDS. Raises Unavailable."""
        with reachable():
            others = await self._tell(keys=(STREAMS_KEY,), args=(self._name, msgspec.json.encode(held), KEPT_SECONDS))
        found: dict[UUID, Elsewhere] = {}
        for name, said in others:
            for person, count in msgspec.json.decode(said, type=dict[UUID, int]).items():
                known = found.get(person, Elsewhere(0, 0))
                found[person] = Elsewhere(
                    known.held + count, known.before + (count if name.decode() < self._name else 0)
                )
        return found
