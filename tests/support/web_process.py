"""A web process that a test may stop or kill."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from app.accounts import bootstrap
from app.db.pools import Pool
from app.identity import Role
from app.settings.load import Settings
from tests.pipeline.conftest import EMAIL, PASSWORD
from tests.support.shared_costs import TLS

ROOT = Path(__file__).parents[2]


def environment(settings: Settings, **extra: str) -> dict[str, str]:
    urls = (settings.redis.url, settings.database.url, settings.database.market_url)
    names = ("REDIS_URL", "DATABASE_URL", "MARKET_DATABASE_URL")
    urls_by_name = {name: url.get_secret_value() for name, url in zip(names, urls, strict=True) if url}
    place = {"PORT": str(settings.port), "DATA_DIR": str(settings.data_dir), "PATH": os.environ["PATH"]}
    return {**urls_by_name, **place, **extra}


@asynccontextmanager
async def process(
    settings: Settings, program: tuple[str, ...] = ("app.cli", "web"), **extra: str
) -> AsyncIterator[Process]:
    variables = environment(settings, **extra)
    running = await create_subprocess_exec(
        sys.executable, "-m", *program, cwd=ROOT, env=variables, stdout=PIPE, stderr=PIPE
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def signed_in(settings: Settings) -> dict[str, str]:
    """The headers of a signed-in person, once the process is ready."""
    base = f"http://127.0.0.1:{settings.port}"
    async with httpx.AsyncClient(
        base_url=base, trust_env=False, verify=TLS, timeout=30, headers={"Origin": base}
    ) as client:
        async with asyncio.timeout(60):
            while not await ready(client):
                await asyncio.sleep(0.05)
        pool = Pool(environment(settings)["DATABASE_URL"], "test")
        await bootstrap.create_user(pool, EMAIL, Role.USER, PASSWORD)
        await pool.close()
        await client.post("/login", data={"email": EMAIL, "password": PASSWORD})
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


async def ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def seconds_to_exit(running: Process, number: int) -> float:
    began = time.monotonic()
    running.send_signal(number)
    await asyncio.wait_for(running.wait(), 30)
    return time.monotonic() - began
