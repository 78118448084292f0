"""sse-starlette on uvicorn: a queue for each reader, an EventSourceResponse around it."""

import asyncio
import sys
from collections.abc import AsyncGenerator

import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

queues: set[asyncio.Queue[str]] = set()


async def send() -> AsyncGenerator[dict[str, str], None]:
    queue: asyncio.Queue[str] = asyncio.Queue()
    queues.add(queue)
    try:
        while True:
            yield {"data": await queue.get()}
    finally:
        queues.discard(queue)


async def events(_request: Request) -> EventSourceResponse:
    return EventSourceResponse(send())


async def publish(request: Request) -> PlainTextResponse:
    """Publishes each line of the body as a message."""
    rest = b""
    async for part in request.stream():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            for queue in queues:
                queue.put_nowait(line.decode())
    return PlainTextResponse("")


app = Starlette(routes=[Route("/events", events), Route("/publish", publish, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
