"""A TCP proxy whose connections can be cut, stalled, and left half open."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

CHUNK_BYTES = 65_536

HALF_OPEN_SECONDS = 15.0
"""After which the side that still believes in the connection is told, as its kernel would tell it."""

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class TcpProxy:
    """`beyond` connects to the server behind the proxy."""

    def __init__(self, beyond: Callable[[], Awaitable[Pair]], chance: random.Random) -> None:
        self.port = 0
        self._beyond = beyond
        self._chance = chance
        self._links: set[_RelayedConnection] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server:
            self._server.close()
        self.cut()

    def cut(self, share: float = 1.0) -> None:
        for link in self._some(share):
            link.abort()

    def refuse(self) -> None:
        """Refuses new connections and closes existing ones."""
        self._refusing = True
        self.cut()

    def hold(self) -> None:
        """Keeps connections open and forwards nothing."""
        self._flowing.clear()

    def restore(self) -> None:
        self._refusing = False
        self._flowing.set()

    def half_open(self, share: float) -> None:
        """Drops what is sent to the clients of some connections, and does not report their close."""
        for link in self._some(share):
            link.half_open()

    def _some(self, share: float) -> list["_RelayedConnection"]:
        return [link for link in list(self._links) if share >= 1 or self._chance.random() < share]

    async def _enter(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        if self._refusing:
            sink.transport.abort()
            return
        try:
            await self._flowing.wait()
            beyond = await self._beyond()
        except OSError:
            sink.transport.abort()
            return
        link = _RelayedConnection((source, sink), beyond, self._flowing)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)


class _RelayedConnection:
    def __init__(self, near: Pair, far: Pair, flowing: asyncio.Event) -> None:
        self._near, self._far = near, far
        self._flowing = flowing
        self._half_open = False
        self._ended = asyncio.Event()

    async def run(self) -> None:
        pumps = [
            asyncio.create_task(self._pump(self._near[0], self._far[1])),
            asyncio.create_task(self._pump(self._far[0], self._near[1])),
            asyncio.create_task(self._ended.wait()),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            # In good order, so that what was relayed last is not lost with the connection.
            self._near[1].close()
            self._far[1].close()

    def abort(self) -> None:
        self._near[1].transport.abort()
        self._far[1].transport.abort()
        self._ended.set()

    def half_open(self) -> None:
        self._half_open = True
        asyncio.get_running_loop().call_later(HALF_OPEN_SECONDS, self.abort)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while (piece := await source.read(CHUNK_BYTES)) and not self._half_open:
                await self._flowing.wait()
                sink.write(piece)
                await sink.drain()
        if self._half_open:
            await self._ended.wait()
