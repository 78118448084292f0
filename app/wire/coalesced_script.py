"""A Lua script whose calls of one turn of the event loop share one round trip: many requests arrive together."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoScriptError


class Call(NamedTuple):
    keys: Sequence[str]
    args: Sequence[float | str]


class CoalescedScript:
    def __init__(self, client: Redis, text: str) -> None:
        self._client = client
        self._script = client.register_script(text)
        self._pending: list[tuple[Call, asyncio.Future[Any]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, keys: Sequence[str], args: Sequence[float | str]) -> Any:
        """What the script returns. Raises what redis raises."""
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending.append((Call(keys, args), reply))
        if len(self._pending) == 1:
            task = asyncio.create_task(self._flush())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await reply

    async def each(self, calls: Sequence[Call]) -> list[Any]:
        """What the script returns to each, in their order, in one round trip. Raises the first error."""
        replies = await self._run(calls)
        error = next((reply for reply in replies if isinstance(reply, Exception)), None)
        if error is not None:
            raise error
        return replies

    async def _flush(self) -> None:
        await asyncio.sleep(0)
        pending, self._pending = self._pending, []
        replies: Sequence[Any]
        try:
            replies = await self._run([call for call, _ in pending])
        except BaseException as error:  # cancelled or failed: no caller is left waiting
            replies = [error] * len(pending)
        for (_, future), reply in zip(pending, replies, strict=True):
            if future.done():
                continue
            if isinstance(reply, BaseException):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    async def _run(self, calls: Sequence[Call]) -> list[Any]:
        """A reply or an exception for each call."""
        if len(calls) == 1:
            return [await self._script(*calls[0])]
        replies = await self._pipeline(calls)
        unloaded = [place for place, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unloaded:  # Redis was restarted; these calls have not run
            await self._client.script_load(self._script.script)
            again = await self._pipeline([calls[place] for place in unloaded])
            for place, reply in zip(unloaded, again, strict=True):
                replies[place] = reply
        return replies

    async def _pipeline(self, calls: Sequence[Call]) -> list[Any]:
        """By EVALSHA: redis-py's own scripts in a pipeline ask first whether Redis has them, in a round trip more."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for keys, args in calls:
                pipeline.evalsha(self._script.sha, len(keys), *keys, *args)
            return await pipeline.execute(raise_on_error=False)
