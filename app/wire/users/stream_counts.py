"""Open streams per person: every web process publishes its counts, so that a limit holds for all together."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from app.wire import lua
from app.wire.channels import STREAMS_KEY
from app.wire.client import reachable

KEPT_SECONDS = 10
"""After which a process that publishes nothing is left out."""

_EXCHANGE = lua.read(__file__, "exchange_counts")
_REQUEST_ROOM = lua.read(__file__, "request_room")

REQUEST = "take-over "
"""Before a person's id, in the place of a process' name: that person asks for room, wherever their streams are."""


class OtherProcesses(NamedTuple):
    """Streams of one person in other processes."""

    streams: int
    earlier_streams: int
    """In those whose streams are kept before ours."""


class StreamCounts:
    def __init__(self, client: Redis, name: str) -> None:
        """`name`: this process' and its successor's, which must not be counted beside who was killed in its place."""
        self._client = client
        self._exchange = client.register_script(_EXCHANGE)
        self.requests: frozenset[UUID] = frozenset()
        """Who asks for room, as was heard last."""
        self._name = name

    async def exchange(self, counts: Mapping[UUID, int]) -> dict[UUID, OtherProcesses]:
        """Publishes `counts` and returns those of other processes, by person. Raises Unavailable."""
        with reachable():
            others = await self._exchange(
                keys=(STREAMS_KEY,), args=(self._name, msgspec.json.encode(counts), KEPT_SECONDS)
            )
        elsewhere: dict[UUID, OtherProcesses] = {}
        counts_by_process = [(name.decode(), encoded) for name, encoded in others]
        self.requests = frozenset(
            UUID(name[len(REQUEST) :]) for name, _ in counts_by_process if name.startswith(REQUEST)
        )
        for name, encoded in counts_by_process:
            for person, count in msgspec.json.decode(encoded, type=dict[UUID, int]).items():
                total = elsewhere.get(person, OtherProcesses(0, 0))
                elsewhere[person] = OtherProcesses(
                    total.streams + count, total.earlier_streams + (count if name < self._name else 0)
                )
        return elsewhere

    async def request_room(self, person: UUID) -> None:
        """Asks the other processes to end a stream of theirs; heard within KEPT_SECONDS or not at all."""
        with reachable():
            await self._client.eval(_REQUEST_ROOM, 1, STREAMS_KEY, f"{REQUEST}{person}")

    async def accept(self, person: UUID) -> bool:
        """Whether this process is the one that makes the room."""
        with reachable():
            return bool(await self._client.hdel(STREAMS_KEY, f"{REQUEST}{person}"))
