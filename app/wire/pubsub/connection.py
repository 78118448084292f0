"""One connection whose replies and messages are read in order by one task; it never connects again by itself."""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from redis.exceptions import ConnectionError as Disconnected

from app.wire.client import CONNECT_SECONDS, close, pool

OPEN_SECONDS = CONNECT_SECONDS + 6.0
SEND_SECONDS = 6.0


def heed_cancellation() -> None:
    """Up to Python 3.11 `asyncio.wait_for`, with which redis sends, can swallow a cancellation; the task still counts
    it. A loop that looks here at every turn ends all the same."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


class PubSubConnection:
    def __init__(self, url: str) -> None:
        self._pool = pool(url, None)
        self._connection: Any = self._pool.make_connection()  # type: ignore[no-untyped-call]

    async def open(self) -> None:
        async with asyncio.timeout(OPEN_SECONDS):
            await self._connection.connect()

    async def send(self, *commands: Sequence[str | bytes]) -> None:
        if not self._connection.is_connected:
            raise Disconnected("the line is closed")
        async with asyncio.timeout(SEND_SECONDS):
            await self._connection.send_packed_command(self._connection.pack_commands(commands), check_health=False)

    async def ask(self, *commands: Sequence[str | bytes]) -> list[Any]:
        """Their replies, one each: nothing else may come on this line yet. What is refused raises."""
        await self.send(*commands)
        async with asyncio.timeout(SEND_SECONDS):
            return [await self._connection.read_response(timeout=math.inf) for _ in commands]

    async def read(self, seconds: float) -> Any:
        """The next reply or message; None when none came."""
        return await self._connection.read_response(timeout=seconds, disconnect_on_error=False)

    async def close(self) -> None:
        await close(self)

    async def aclose(self) -> None:
        await self._connection.disconnect()
