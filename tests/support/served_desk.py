"""A whole desk behind a port, once for a module of tests, and raw bytes on a connection to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from app.embedded.places import Places
from tests.conftest import copied
from tests.pipeline.conftest import Desk, serving
from tests.security.conftest import settings
from tests.support.ports import free_port


class Answer(NamedTuple):
    """All bytes that were received, with the first answer parsed."""

    status: int
    fields: dict[str, str]
    rest: bytes
    """Behind its head, to the end of the connection."""


@asynccontextmanager
async def run_desk(
    transport: Literal["auto", "plain"], redis: str, places: Places, template: str, data_dir: Path
) -> AsyncIterator[Desk]:
    async for name in copied(places, template):
        config, port = settings(redis, places, name, data_dir), free_port()
        live = config.live.model_copy(update={"transport": transport, "frame_seconds": 0.05, "beat_seconds": 1.0})
        async with serving(
            config.model_copy(update={"port": port, "public_url": f"http://127.0.0.1:{port}", "live": live})
        ) as desk:
            yield desk


def cookie(desk: Desk) -> str:
    return "; ".join(f"{name}={value}" for name, value in desk.cookies.items())


async def exchange(desk: Desk, data: bytes, within: float = 20) -> bytes:
    """Returns what is answered to `data` until the server closes the connection."""
    async with asyncio.timeout(within):
        source, sink = await asyncio.open_connection("127.0.0.1", desk.settings.port)
        sink.write(data)
        answer = await source.read(-1)
    sink.close()
    return answer


def parse_answer(answer: bytes) -> Answer:
    head, _, rest = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(first.split()[1]), fields, rest)
