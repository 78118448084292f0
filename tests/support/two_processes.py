"""Two web processes on the same Redis and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx
import pytest

from app.settings.load import Settings
from tests.accounts.conftest import IN_TIME
from tests.pipeline.conftest import EMAIL, PASSWORD, Desk
from tests.support.ports import free_port
from tests.support.shared_costs import TLS
from tests.support.stream_reader import Reader
from tests.support.web_process import process, ready


class Processes(NamedTuple):
    here: Desk
    there: int
    """The port of the other one."""

    def browser(self, port: int, cookies: dict[str, str] | None = None) -> httpx.AsyncClient:
        """A client that sends an Origin header that the application accepts from either process."""
        own = f"http://127.0.0.1:{self.here.settings.port}"
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            trust_env=False,
            verify=TLS,
            timeout=30,
            headers={"Origin": own, "Accept": "text/html"},
            cookies=cookies,
        )

    async def signed_in(self, port: int, password: str = PASSWORD, email: str = EMAIL) -> dict[str, str]:
        async with self.browser(port) as browser:
            answer = await browser.post("/login", data={"email": email, "password": password})
            assert answer.status_code == 303
            return dict(browser.cookies)

    async def status(self, port: int, cookies: dict[str, str]) -> int:
        async with self.browser(port, cookies) as browser:
            return (await browser.get("/account")).status_code

    def stream(self, cookies: dict[str, str]) -> Reader:
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return Reader(self.there, "/stream?topics=patterns,status", {"Cookie": cookie})


@pytest.fixture
async def both(settings: Settings) -> AsyncIterator[Processes]:
    async with two_processes(Desk(with_time(settings))) as processes:
        yield processes


def with_time(settings: Settings) -> Settings:
    database = settings.database.model_copy(update={"acquire_seconds": IN_TIME})
    return settings.model_copy(update={"database": database})


@asynccontextmanager
async def two_processes(
    here: Desk, program: tuple[str, ...] = ("app.cli", "web"), **extra: str
) -> AsyncIterator[Processes]:
    """`here`: not started yet. `program`: the module and its arguments which the other process runs."""
    settings, there = here.settings, free_port()
    await here.start()
    await here.enter()
    other = settings.model_copy(update={"port": there})
    environ = {"SECRET_KEY": settings.secret_key.get_secret_value(), "PUBLIC_URL": f"http://127.0.0.1:{settings.port}"}
    async with process(other, program, TICKSTOCK_DATABASE_ACQUIRE_SECONDS=str(IN_TIME), **environ, **extra):
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{there}", trust_env=False, verify=TLS, timeout=30
        ) as client:
            async with asyncio.timeout(60):
                while not await ready(client):
                    await asyncio.sleep(0.05)
        yield Processes(here, there)
    await here.stop()
