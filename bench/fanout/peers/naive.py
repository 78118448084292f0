"""Quart on Hypercorn as its documentation shows Server-Sent Events: a queue and a generator for each reader."""

import asyncio
import sys
from collections.abc import AsyncGenerator

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, Response, make_response, request

app = Quart(__name__)
queues: set[asyncio.Queue[str]] = set()


@app.get("/events")
async def events() -> Response:
    async def send() -> AsyncGenerator[bytes, None]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        queues.add(queue)
        try:
            while True:
                yield f"data: {await queue.get()}\n\n".encode()
        finally:
            queues.discard(queue)

    response = await make_response(send(), {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    assert isinstance(response, Response)
    response.timeout = None
    return response


@app.post("/publish")
async def publish() -> str:
    """Publishes each line of the body as a message."""
    rest = b""
    async for part in request.body:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            for queue in queues:
                queue.put_nowait(line.decode())
    return ""


if __name__ == "__main__":
    config = Config()
    config.bind = [f"127.0.0.1:{sys.argv[1]}"]
    asyncio.run(serve(app, config))
