"""The small application of web_server.py in its own process, and a browser."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.support.ports import free_port
from tests.support.shared_costs import TLS
from tests.web.waiting import until

HERE = Path(__file__).parent


class Server:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        root = HERE.parents[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.web_server", str(self.port)],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)},
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    async def answers(self) -> bool:
        async with httpx.AsyncClient(trust_env=False, verify=TLS, timeout=30) as client:
            try:
                return (await client.get(f"{self.url}/board")).status_code == 200
            except httpx.TransportError:
                return False

    async def say(self, *pushes: dict[str, Any]) -> int:
        """Pushes to every open stream; answers how many there are."""
        return await self._post("say", pushes)

    async def tell(self, *pushes: dict[str, Any]) -> int:
        """The same for sockets."""
        return await self._post("tell", pushes)

    async def _post(self, path: str, pushes: tuple[dict[str, Any], ...]) -> int:
        async with httpx.AsyncClient(trust_env=False, verify=TLS, timeout=30) as client:
            return int((await client.post(f"{self.url}/{path}", json=pushes)).text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    running = Server()
    running.start()
    await until(running.answers, 60)
    yield running
    running.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(browser_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    tab = await browser.new_page()
    tab.set_default_timeout(20_000)
    yield tab
    # A page that is on its way to another may never answer to this.
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            await tab.close()
