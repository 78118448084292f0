"""How many streams people hold: every web process tells the others, so that a bound on them holds for all together."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from app.wire import lua
from app.wire.channels import STREAMS_KEY
from app.wire.client import reachable

KEPT_SECONDS = 10
"""After which a process that says nothing any more is left out."""

_EXCHANGE = lua.read(__file__, "exchange_counts")
_REQUEST_ROOM = lua.read(__file__, "request_room")

REQUEST = "take-over "
"""Before a person's id, in the place of a process' name: that person asks for room, wherever their streams are."""


class Elsewhere(NamedTuple):
    """Streams of one person in other processes."""

    held: int
    before: int
    """In those whose streams are kept before ours."""


class StreamCounts:
    def __init__(self, client: Redis, name: str) -> None:
        """`name`: this process' and its successor's, which must not be counted beside who was killed in its place."""
        self._client = client
        self._tell = client.register_script(_EXCHANGE)
        self.requests: frozenset[UUID] = frozenset()
        """Who asks for room, as was heard last."""
        self._name = name

    async def tell(self, held: Mapping[UUID, int]) -> dict[UUID, Elsewhere]:
        """What others said within KEPT_SECONDS. Raises Unavailable."""
        with reachable():
            others = await self._tell(keys=(STREAMS_KEY,), args=(self._name, msgspec.json.encode(held), KEPT_SECONDS))
        found: dict[UUID, Elsewhere] = {}
        named = [(name.decode(), said) for name, said in others]
        self.requests = frozenset(UUID(name[len(REQUEST) :]) for name, _ in named if name.startswith(REQUEST))
        for name, said in named:
            for person, count in msgspec.json.decode(said, type=dict[UUID, int]).items():
                known = found.get(person, Elsewhere(0, 0))
                found[person] = Elsewhere(known.held + count, known.before + (count if name < self._name else 0))
        return found

    async def request_room(self, person: UUID) -> None:
        """Asks the other processes to end a stream of theirs; heard within KEPT_SECONDS or not at all."""
        with reachable():
            await self._client.eval(_REQUEST_ROOM, 1, STREAMS_KEY, f"{REQUEST}{person}")

    async def accept(self, person: UUID) -> bool:
        """Whether this process is the one that makes the room."""
        with reachable():
            return bool(await self._client.hdel(STREAMS_KEY, f"{REQUEST}{person}"))
