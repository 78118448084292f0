"""The load jobs alone in a process that may be killed: python -m tests.support.loads_process REDIS DATABASE FILES."""

import asyncio
import sys
from pathlib import Path

from tests.conftest import Databases
from tests.support.load_requests import LoadClient


async def main(redis_url: str, database_url: str, files: str) -> None:
    async with LoadClient(redis_url, Databases(*[database_url] * 4), Path(files)).serve_loads():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
