"""The loads alone, in a process that may be killed: python -m tests.support.loads_process REDIS DATABASE FILES."""

import asyncio
import sys
from pathlib import Path

from tests.conftest import Databases
from tests.support.load_requests import Room


async def main(redis_url: str, database_url: str, files: str) -> None:
    async with Room(redis_url, Databases(*[database_url] * 4), Path(files)).office():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
